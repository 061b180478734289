import Testing

/// What the fuzzer of the way to Redis has found, run again.
@Suite struct CorpusTests {
    @Test("nothing that must hold is violated by any input of the fuzzer's corpus")
    func holds() throws {
        try Corpus(name: "Corpus").run()
    }
}
