import Testing

@testable import RedisLimiting

@Suite struct SentinelSearchTests {
    private static let sentinels = (0..<3).map { NodeAddress(host: "s\($0)", port: 26379) }
    private static let primary = NodeAddress(host: "10.0.0.7", port: 6379)

    private static func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }
    private static let named = RedisReply.array([bulk("10.0.0.7"), bulk("6379")])
    private static let master = RedisReply.array([
        bulk("master"), .integer(3), .array([.array([bulk("10.0.0.8"), bulk("6379"), bulk("0")])]),
    ])
    private static let replica = RedisReply.array([
        bulk("slave"), bulk("10.0.0.9"), .integer(1), bulk("connected"), .integer(3),
    ])
    private static let found = Shard(
        primary: primary, replicas: [NodeAddress(host: "10.0.0.8", port: 6379)], slots: [0...16383])
    private static let away = RedisError(.disconnected, "away")

    private func search() -> SentinelSearch {
        SentinelSearch(RedisURL.Sentinels(nodes: Self.sentinels, masterName: "my master"))
    }

    @Test("the first sentinel's word is taken where the server it names is a primary")
    func first() {
        var search = search()
        #expect(search.started() == .askSentinel(Self.sentinels[0]))
        #expect(search.question == RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "my master"))
        #expect(search.sentinelAnswered(Self.named) == .askRole(Self.primary))
        #expect(search.roleAnswered(Self.master) == .found(Self.found))
        #expect(search.sentinels == Self.sentinels)
    }

    @Test("the next is asked where one is away or knows nothing, and the one that knew is the first the next time")
    func inTurn() {
        var search = search()
        _ = search.started()
        #expect(search.failed(Self.away) == .askSentinel(Self.sentinels[1]))
        #expect(search.sentinelAnswered(.null) == .askSentinel(Self.sentinels[2]))
        #expect(search.sentinelAnswered(Self.named) == .askRole(Self.primary))
        #expect(search.roleAnswered(Self.master) == .found(Self.found))
        #expect(search.started() == .askSentinel(Self.sentinels[2]))
    }

    @Test("a server that is not a primary is not taken, and not asked again for the next sentinel that names it")
    func replicaIsNamed() {
        var search = search()
        _ = search.started()
        _ = search.sentinelAnswered(Self.named)
        #expect(search.roleAnswered(Self.replica) == .askSentinel(Self.sentinels[1]))
        #expect(search.sentinelAnswered(Self.named) == .askSentinel(Self.sentinels[2]))
        guard case .failed(let error) = search.sentinelAnswered(Self.named) else {
            Issue.record("a replica was taken for a primary")
            return
        }
        #expect(error.code == .readOnly)
        // The next search asks it again: by then it may have been promoted.
        _ = search.started()
        #expect(search.sentinelAnswered(Self.named) == .askRole(Self.primary))
    }

    @Test(
        "an answer that names no server is passed over",
        arguments: [
            .integer(1), .array([]), .array([bulk("a")]), .array([bulk(""), bulk("1")]),
            .array([bulk("a"), bulk("x")]),
            .array([bulk("a"), bulk("0")]), .array([bulk("a\r\nb"), bulk("1")]), .array([.null, .null]),
            .error("ERR unknown command 'SENTINEL'"), .status("OK"),
        ] as [RedisReply])
    func strangeAnswers(_ reply: RedisReply) {
        var search = search()
        _ = search.started()
        #expect(search.sentinelAnswered(reply) == .askSentinel(Self.sentinels[1]))
    }

    @Test("what an operator has to fix is reported, though other sentinels are away")
    func tellsTheWorst() {
        var search = search()
        _ = search.started()
        _ = search.failed(Self.away)
        _ = search.sentinelAnswered(.error("NOAUTH Authentication required."))
        guard case .failed(let error) = search.failed(Self.away) else {
            Issue.record("a fourth sentinel was asked")
            return
        }
        #expect(error.code == .unauthorized)
        #expect(error.message.contains("sentinel_password"))
    }

    @Test("a name that no sentinel knows is a mistake in the address")
    func unknownName() {
        var search = search()
        _ = search.started()
        let actions = (0..<3).map { _ in search.sentinelAnswered(.null) }
        guard case .failed(let error) = actions[2] else {
            Issue.record("an unknown name led to \(actions)")
            return
        }
        #expect(error.code == .configuration)
    }
}
