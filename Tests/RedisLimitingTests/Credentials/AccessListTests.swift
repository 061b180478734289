import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// The rights that a user of Redis's access lists needs. `docs/operations.md` lists the same.
@Suite(.timeLimit(.minutes(1))) struct AccessListTests {
    private static let keys = ["~rate_limit:*", "~parallax:probe"]
    private static let channels = ["&parallax:resets"]
    private static let commands = [
        "+eval", "+evalsha", "+time", "+getrange", "+strlen", "+set", "+setrange", "+pexpire", "+del", "+publish",
        "+subscribe", "+ping",
    ]

    private static func rule(without right: String? = nil) -> [String] {
        let rights = (keys + channels + commands).filter { $0 != right }
        return ["--user", "parallax", "on", ">secret", "resetchannels", "-@all"] + rights
    }

    @Test("a user with the listed rights and no others can do all that the limiter does")
    func suffices() async throws {
        try await withPrivateRedis(arguments: Self.rule()) { redis in
            let refusals = try await Self.refusals(redis)
            #expect(refusals.isEmpty, "\(refusals)")
        }
    }

    @Test("a user with the rights that earlier releases asked for can do all that the limiter does")
    func earlierRightsSuffice() async throws {
        let rule = Self.rule().filter { $0 != "+getrange" && $0 != "+strlen" } + ["+get"]
        try await withPrivateRedis(arguments: rule) { redis in
            let refusals = try await Self.refusals(redis)
            #expect(refusals.isEmpty, "\(refusals)")
        }
    }

    @Test(
        "without any one of the rights something is refused, as refused rights and not as an outage or a verdict",
        arguments: keys + channels + commands)
    func isNecessary(_ right: String) async throws {
        try await withPrivateRedis(arguments: Self.rule(without: right)) { redis in
            let refusals = try await Self.refusals(redis)
            #expect(!refusals.isEmpty)
            for refusal in refusals {
                #expect(refusal.code == .unauthorized, "\(refusal)")
                #expect(refusal.message.contains("right") && !refusal.description.contains("caller"), "\(refusal)")
            }
        }
    }

    @Test("a user who may do nothing, a wrong password and a disabled user are told from an outage")
    func refused() async throws {
        let users = [
            "--user", "idle", "on", ">secret", "--user", "gone", "off", ">secret", "~*", "&*", "+@all",
        ]
        try await withPrivateRedis(arguments: users) { redis in
            for login in ["idle:secret", "idle:wrong", "gone:secret", "absent:secret"] {
                try await Self.with(redis, login: login) { limiter in
                    let request = try Self.request("caller", limit: 1, cost: 1)
                    #expect(await limiter.check(request, at: nil) == .unavailable(.unauthorized), "\(login)")
                }
            }
        }
    }

    private static func with<Result: Sendable>(
        _ redis: PrivateRedis, login: String, _ body: (RedisLimiter) async throws -> Result
    ) async throws -> Result {
        var settings = redis.settings
        settings.url = try RedisURL("unix://\(login)@\(redis.socketPath)")
        // Every refusal is to be seen: no breaker in between.
        settings.breaker.failuresToOpen = .max
        settings.refusalCacheIdentities = 10
        settings.resetHeartbeat = .milliseconds(50)
        return try await withRedisLimiter(settings, body)
    }

    /// Does everything that an instance does, and gathers what Redis refuses.
    private static func refusals(_ redis: PrivateRedis) async throws -> [RedisError] {
        try await with(redis, login: "parallax:secret") { limiter in
            var refusals: [RedisError] = []
            // A log is set; one that is long by then is written in place.
            for cost in [300, 1, 1] {
                let decision = await limiter.check(try request("caller", limit: 600, cost: cost), at: nil)
                guard case .unavailable(let reason) = decision.outcome else { continue }
                #expect(reason == .unauthorized)
                refusals.append(try #require(limiter.health.lastError))
            }
            if case .failure(let error) = await limiter.probe(timeout: .seconds(30)) { refusals.append(error) }
            do {
                _ = try await limiter.reset(Identity(identifier: "caller"), timeout: .seconds(30))
            } catch let error as RedisError {
                refusals.append(error)
            }
            if refusals.isEmpty { refusals += try await subscriptionRefusals(limiter) }
            return refusals
        }
    }

    /// Waits until the subscription to resets is in use, or refused.
    private static func subscriptionRefusals(_ limiter: RedisLimiter) async throws -> [RedisError] {
        try await until { limiter.refusals?.health.isInUse == true || limiter.health.resetsProblem != nil }
        return limiter.health.resetsProblem.map { [$0] } ?? []
    }

    private static func request(_ identifier: String, limit: Int, cost: Int) throws -> CheckRequest {
        try CheckRequest(
            identity: Identity(identifier: "\(identifier)-\(limit)"),
            policy: Policy(windows: [Window(name: "hour", limit: limit, durationMilliseconds: 3_600_000)]), cost: cost)
    }
}
