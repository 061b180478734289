import Testing

/// What the fuzzer of access logs has found, run again.
@Suite struct LogCorpusTests {
    @Test("nothing that must hold is violated by any log of the fuzzer's corpus")
    func holds() throws {
        try Corpus(name: "LogCorpus").run()
    }
}
