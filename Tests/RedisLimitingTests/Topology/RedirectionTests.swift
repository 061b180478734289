import Testing

@testable import RedisLimiting

@Suite struct RedirectionTests {
    @Test(
        "an error that sends the command elsewhere says where",
        arguments: [
            ("MOVED 3999 127.0.0.1:6381", Redirection.moved(to: NodeAddress(host: "127.0.0.1", port: 6381))),
            ("ASK 0 cache-2.internal:7000", .ask(NodeAddress(host: "cache-2.internal", port: 7000))),
            ("MOVED 16383 fe80::1:6381", .moved(to: NodeAddress(host: "fe80::1", port: 6381))),
            ("MOVED 1 :6381", .moved(to: NodeAddress(host: "", port: 6381))),
            ("READONLY You can't write against a read only replica.", .toPrimary),
            ("ERR Error running script (f_1): @user_script:1: -READONLY You can't write", .toPrimary),
        ])
    func reads(_ text: String, _ expected: Redirection) {
        #expect(RedisError(serverReply: text).redirection == expected)
    }

    @Test(
        "an error without a redirection, or with an invalid address, is only an error",
        arguments: [
            "MOVED 16384 127.0.0.1:6381", "MOVED -1 127.0.0.1:6381", "MOVED 1", "MOVED 1 nowhere", "MOVED 1 ?:6381",
            "MOVED 1 127.0.0.1:0", "MOVED 1 127.0.0.1:65536", "MOVED 1 a\nb:1", "MOVED 1 a b:1", "ASK x 127.0.0.1:1",
            "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN Hash slot not served",
            "OOM command not allowed", "LOADING Redis is loading",
        ])
    func readsNone(_ text: String) {
        #expect(RedisError(serverReply: text).redirection == nil)
    }

    @Test("a server that does not know its own host means the one that was asked")
    func unknownHost() {
        let asked = NodeAddress(host: "10.0.0.5", port: 1)
        #expect(NodeAddress(host: "", port: 7).announced(by: asked) == NodeAddress(host: "10.0.0.5", port: 7))
        #expect(NodeAddress(host: "a", port: 7).announced(by: asked) == NodeAddress(host: "a", port: 7))
    }
}

@Suite struct RedirectTrailTests {
    private static let node = NodeAddress(host: "a", port: 1)

    private static func error(_ code: RedisError.Code, _ redirection: Redirection? = nil) -> RedisError {
        RedisError(code, "", redirection: redirection)
    }

    @Test(
        "a first failure is followed where a server says so, and never where the command may have been carried out",
        arguments: [
            (error(.clusterDown, .moved(to: node)), RedirectPolicy.Step.move(to: node)),
            (error(.clusterDown, .ask(node)), .ask(node)),
            (error(.readOnly, .toPrimary), .lookAgain),
            (error(.disconnected, .toPrimary), .lookAgain),
            (error(.disconnected), .failAndLook), (error(.timedOut), .failAndLook), (error(.loading), .failAndLook),
            (error(.readOnly), .failAndLook), (error(.clusterDown), .failAndLook),
            (error(.cancelled), .fail), (error(.skipped), .fail), (error(.circuitOpen), .fail), (error(.server), .fail),
            (error(.unauthorized), .fail), (error(.protocolViolation), .fail), (error(.noScript), .fail),
            (error(.configuration), .fail),
        ])
    func firstStep(_ error: RedisError, _ expected: RedirectPolicy.Step) {
        var redirectPolicy = RedirectPolicy()
        #expect(redirectPolicy.step(after: error) == expected)
    }

    @Test("a command is sent on five times and not once more")
    func bounded() {
        var redirectPolicy = RedirectPolicy()
        let steps = (0..<7).map { hop in
            redirectPolicy.step(
                after: Self.error(.clusterDown, hop.isMultiple(of: 2) ? .ask(Self.node) : .moved(to: Self.node)))
        }
        #expect(
            steps == [
                .ask(Self.node), .move(to: Self.node), .ask(Self.node), .move(to: Self.node), .ask(Self.node),
                .failAndLook, .failAndLook,
            ])
    }

    @Test("a primary is looked for once")
    func looksOnce() {
        var redirectPolicy = RedirectPolicy()
        let steps = (0..<2).map { _ in redirectPolicy.step(after: Self.error(.readOnly, .toPrimary)) }
        #expect(steps == [.lookAgain, .failAndLook])
    }
}
