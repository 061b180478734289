import Testing

/// The client for Node, tested by its own tests against the built binary.
@Suite struct NodeClientTests {
    @Test("the tests of the Node client pass against the service", .timeLimit(.minutes(2)))
    func node() async throws {
        let tests = try await ClientTests.run("clients/node/test.sh", [])
        // What test.sh says if there is no Node. Machines of continuous integration need not have one.
        if tests.status == 75 { try Test.cancel("no Node to test its client with: \(tests.output.suffix(500))") }
        #expect(tests.status == 0, "\(tests.output.suffix(5000))")
    }
}
