import RedisLimiting
import NIOCore
import ParallaxCore
import ParallaxTesting
import Synchronization
import Testing

@testable import RedisLimiting

@Suite(.timeLimit(.minutes(2))) struct ClusterTests {
    private static func policy(limit: Int) -> Policy {
        try! Policy(windows: [Window(name: "hour", limit: limit, durationMilliseconds: 3_600_000)])
    }

    @Test("identities are spread over all masters, and each is judged exactly, for every caller")
    func exactTotals() async throws {
        try await withPrivateCluster(failsOver: false) { cluster in
            try await withRedisLimiter(cluster.settings) { first in
                try await withRedisLimiter(cluster.settings) { second in
                    for limiter in [first, second] { try await until { limiter.health.isHealthy } }
                    let identities = try (0..<200).map { try Identity(organization: "o", identifier: "\($0)") }
                    let policy = Self.policy(limit: 5)
                    let decisions = await ask(identities.count * 10) { index in
                        let request = try! CheckRequest(identity: identities[index % identities.count], policy: policy)
                        return await (index.isMultiple(of: 2) ? first : second).check(request, at: nil)
                    }
                    #expect(decisions.count(where: \.isAllowed) == identities.count * 5)
                    #expect(decisions.count { $0.outcome == .limited(by: "hour") } == identities.count * 5)
                    for identity in identities {
                        let look = try CheckRequest(identity: identity, policy: policy, cost: 0)
                        #expect(await first.check(look, at: nil).windows.map(\.used) == [5])
                    }
                    try await Self.expectKeys(of: identities, in: cluster)
                    #expect((try? await first.probe(timeout: .seconds(30)).get()) != nil)
                    try await first.ping(timeout: .seconds(30))
                    try Self.expectHealthy(first.health, cluster)
                }
            }
        }
    }

    /// Every identity's key must be where Redis itself puts it, and every master must hold some.
    private static func expectKeys(of identities: [Identity], in cluster: PrivateCluster) async throws {
        var total: Int64 = 0
        for master in cluster.masters {
            guard case .integer(let keys) = try await master.ask("DBSIZE") else { continue }
            #expect(keys > 20)
            total += keys
        }
        #expect(total == Int64(identities.count))
        for identity in identities.prefix(20) + [try Identity(organization: "a{b}", identifier: "}c{😀")] {
            let slot = try await cluster.nodes[5].ask("CLUSTER", "KEYSLOT", RedisKey.text(for: identity))
            #expect(slot == .integer(Int64(ClusterSlot(of: identity).number)))
        }
    }

    private static func expectHealthy(_ health: RedisHealth, _ cluster: PrivateCluster) throws {
        #expect(health.isHealthy)
        let topology = try #require(health.topology)
        #expect(topology.kind == .cluster && topology.uncovered == 0 && topology.problem == nil)
        #expect(topology.primaries.map(\.address.port) == Array(cluster.ports[..<3]))
        #expect(topology.primaries.map(\.slots) == PrivateCluster.slots.map { [$0] })
        #expect(topology.primaries.map(\.replicas) == [1, 1, 1])
    }

    @Test("a slot that is migrated under load costs no decision, and none is counted twice")
    func migration() async throws {
        try await withPrivateCluster(failsOver: false) { cluster in
            try await withRedisLimiter(cluster.settings) { limiter in
                let (hot, born) = try Self.identitiesOfOneSlot(among: PrivateCluster.slots[0])
                let slot = "\(ClusterSlot(of: hot).number)"
                let limit = 10_000
                let load = Load(of: limiter, policy: Self.policy(limit: limit), identities: [hot])
                let running = Task { await load.run(callers: 8) }
                await load.waitForAsked(more: 200)
                let (source, target) = (cluster.nodes[0], cluster.nodes[1])
                let (sourceID, targetID) = (try await cluster.id(of: source), try await cluster.id(of: target))
                try await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceID)
                try await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", targetID)
                await load.waitForAsked(more: 200)
                // An identity that is seen for the first time now is sent to where its key will be.
                let bornRequest = try CheckRequest(identity: born, policy: Self.policy(limit: 2))
                let bornDecisions = await ask(10) { _ in await limiter.check(bornRequest, at: nil) }
                #expect(bornDecisions.count(where: \.isAllowed) == 2)
                #expect(try await source.ask("EXISTS", RedisKey.text(for: hot)) == .integer(1))
                try await source.ask(
                    "MIGRATE", "127.0.0.1", "\(cluster.ports[1])", RedisKey.text(for: hot), "0", "5000")
                #expect(load.allowed < limit, "the load must go on while the slot is on its way")
                await load.waitForAsked(more: 200)
                try await target.ask("CLUSTER", "SETSLOT", slot, "NODE", targetID)
                await load.waitForAsked(more: 200)
                try await source.ask("CLUSTER", "SETSLOT", slot, "NODE", targetID)
                await load.waitForAsked(more: 200)
                await load.waitForRefusal()
                // The last that was accepted may still be on its way to another caller: it is not to be cancelled.
                await load.waitForAsked(more: 200)
                running.cancel()
                await running.value
                #expect(load.allowed == limit)
                #expect(load.failures.isEmpty)
                #expect(await limiter.check(bornRequest, at: nil).outcome == .limited(by: "hour"))
                let slots = try #require(limiter.health.topology).primaries[1].slots
                let place = ClusterSlot(of: hot).number
                #expect(slots.contains { $0.contains(place) } == true)
                #expect(limiter.health.breaker == .closed)
            }
        }
    }

    private static func identitiesOfOneSlot(among slots: ClosedRange<Int>) throws -> (Identity, Identity) {
        let first = try #require(
            try (0..<100).lazy.map { try Identity(identifier: "hot \($0)") }
                .first { slots.contains(ClusterSlot(of: $0).number) })
        let second = try #require(
            try (0..<200_000).lazy.map { try Identity(identifier: "born \($0)") }
                .first { ClusterSlot(of: $0) == ClusterSlot(of: first) })
        return (first, second)
    }

    @Test(
        "a master that dies or hangs costs the others' callers nothing, and its own get decisions again from its replica",
        arguments: [true, false])
    func masterLost(isKilled: Bool) async throws {
        try await withPrivateCluster(arguments: ["--cluster-require-full-coverage", "no"]) { cluster in
            var settings = cluster.settings
            // A hung server must be noticed by what callers miss, and not only when its connections are given up.
            settings.socketTimeout = .seconds(600)
            try await withRedisLimiter(settings) { limiter in
                let identities = try (0..<60).map { try Identity(identifier: "caller \($0)") }
                let lost = identities.filter { PrivateCluster.slots[0].contains(ClusterSlot(of: $0).number) }
                let spared = identities.filter { !lost.contains($0) }
                let policy = Self.policy(limit: 1_000_000)
                let losing = Load(of: limiter, policy: policy, identities: lost, timeout: .milliseconds(200))
                let sparing = Load(of: limiter, policy: policy, identities: spared)
                let running = Task {
                    async let one: Void = losing.run(callers: 4)
                    async let other: Void = sparing.run(callers: 4)
                    _ = await (one, other)
                }
                await losing.waitForAllowed(more: 100)
                await sparing.waitForAllowed(more: 100)
                if isKilled {
                    await cluster.nodes[0].kill()
                    try await until { !losing.failures.isEmpty }
                    await #expect(throws: RedisError.self) { try await limiter.probe().get() }
                    #expect(!limiter.health.isHealthy)
                } else {
                    // Its connections stay, and no one hears from it any more.
                    cluster.nodes[0].pause()
                    try await until { !losing.failures.isEmpty }
                }
                await sparing.waitForAllowed(more: 1000)
                await losing.waitForAllowed(more: 1000)
                running.cancel()
                await running.value
                #expect(sparing.failures.isEmpty)
                #expect(losing.failures.isSubset(of: [.disconnected, .circuitOpen, .clusterDown, .timedOut]))
                let ports = try #require(limiter.health.topology).primaries.map(\.address.port)
                #expect(ports.contains(cluster.ports[3]))
                try await until { limiter.health.isHealthy }
                #expect((try? await limiter.probe(timeout: .seconds(30)).get()) != nil)
            }
        }
    }

    @Test("resets are heard wherever they are announced, also after the node that announced them has died")
    func resets() async throws {
        try await withPrivateCluster { cluster in
            try await withRedisLimiter(cluster.settings) { limiter in
                let identities = try (0..<10).map { try Identity(identifier: "caller \($0)") }
                let policy = Self.policy(limit: 1)
                var resets = limiter.resets().makeAsyncIterator()
                let first = try await Self.waitForSubscriber(among: cluster.nodes)
                for identity in identities {
                    let request = try CheckRequest(identity: identity, policy: policy)
                    #expect(await limiter.check(request, at: nil).isAllowed)
                    #expect(try await limiter.reset(identity, timeout: .seconds(30)))
                    #expect(await resets.next() == .identity(identity))
                    #expect(await limiter.check(request, at: nil).isAllowed)
                }
                await cluster.nodes[first].kill()
                let living = cluster.nodes.indices.filter { $0 != first }.map { cluster.nodes[$0] }
                _ = try await Self.waitForSubscriber(among: living)
                let heard = Mutex<[ResetScope]>([])
                let later = limiter.resets()
                let hearing = Task {
                    for await scope in later {
                        heard.withLock { $0.append(scope) }
                        if scope == .identity(identities[0]) { break }
                    }
                }
                // Those whose master has died can be reset when its replica has taken over. What is announced while the
                // subscription moves to another node is missed, as whatever is while a connection is away.
                while !heard.withLock({ $0.contains(.identity(identities[0])) }) {
                    _ = try? await limiter.reset(identities[0])
                }
                await hearing.value
                // The node that took the subscription over may have got the last announcement from the others just now.
                #expect(
                    heard.withLock { Set($0) }.subtracting([.identity(identities[9])]) == [.identity(identities[0])])
            }
        }
    }

    /// The place of the one node that has a subscriber to resets.
    private static func waitForSubscriber(among nodes: [PrivateRedis]) async throws -> Int {
        while true {
            for (place, node) in nodes.enumerated() {
                guard case .array(let parts) = try await node.ask("PUBSUB", "NUMSUB", RedisKey.resetsChannel) else {
                    continue
                }
                if parts.last == .integer(1) { return place }
            }
        }
    }

    @Test("a cluster is found from any node of it, and a server outside of one is told apart")
    func seeds() async throws {
        try await withPrivateCluster(failsOver: false) { cluster in
            var settings = cluster.settings
            let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: Self.policy(limit: 5))
            settings.url = RedisURL(
                deployment: .cluster(seeds: [
                    NodeAddress(host: "127.0.0.1", port: 1), NodeAddress(host: "127.0.0.1", port: cluster.ports[4]),
                ]))
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(request, at: nil).isAllowed)
            }
            // One server of a cluster under an address of one server: its part of the slots is not all.
            settings.url = RedisURL(endpoint: .tcp(host: "127.0.0.1", port: cluster.ports[0]))
            try await withRedisLimiter(settings) { limiter in
                let decisions = try await (0..<30).asyncMap { index in
                    await limiter.check(
                        try CheckRequest(identity: Identity(identifier: "\(index)"), policy: request.policy), at: nil)
                }
                #expect(decisions.contains(.unavailable(.clusterDown)))
                #expect(limiter.health.lastError?.message.contains("redis+cluster://") == true)
            }
        }
        let port = try LoopbackPorts.find(1)[0]
        try await withPrivateRedis(arguments: ["--port", "\(port)"]) { redis in
            var settings = redis.settings
            settings.url = RedisURL(deployment: .cluster(seeds: [NodeAddress(host: "127.0.0.1", port: port)]))
            try await withRedisLimiter(settings) { limiter in
                let request = try CheckRequest(identity: Identity(identifier: "c"), policy: Self.policy(limit: 5))
                #expect(await limiter.check(request, at: nil) == .unavailable(.error))
                #expect(limiter.health.lastError?.code == .configuration)
            }
        }
    }
}

extension Sequence {
    /// Maps one element after the other.
    fileprivate func asyncMap<Mapped>(_ transform: (Element) async throws -> Mapped) async rethrows -> [Mapped] {
        var mapped: [Mapped] = []
        for element in self { mapped.append(try await transform(element)) }
        return mapped
    }
}
