import Testing

@testable import RedisLimiting

@Suite struct RedisURLTests {
    @Test(
        "a well-formed address is read into its parts",
        arguments: [
            ("redis://localhost:6379/0", RedisURL.local),
            ("redis://cache", RedisURL(endpoint: .tcp(host: "cache", port: 6379))),
            ("REDIS://cache:7000/3", RedisURL(endpoint: .tcp(host: "cache", port: 7000), database: 3)),
            ("redis://cache/?db=4", RedisURL(endpoint: .tcp(host: "cache", port: 6379), database: 4)),
            ("redis://cache/", RedisURL(endpoint: .tcp(host: "cache", port: 6379))),
            ("redis://:6380", RedisURL(endpoint: .tcp(host: "localhost", port: 6380))),
            ("redis://[::1]:6380/2", RedisURL(endpoint: .tcp(host: "::1", port: 6380), database: 2)),
            ("redis://[fe80::1]", RedisURL(endpoint: .tcp(host: "fe80::1", port: 6379))),
            ("redis://:pw@cache", RedisURL(endpoint: .tcp(host: "cache", port: 6379), password: "pw")),
            ("redis://ann@cache", RedisURL(endpoint: .tcp(host: "cache", port: 6379), user: "ann")),
            ("redis://ann:@cache", RedisURL(endpoint: .tcp(host: "cache", port: 6379), user: "ann")),
            (
                "rediss://ann:p%40%2F%3a%25@cache:1/9",
                RedisURL(
                    endpoint: .tcp(host: "cache", port: 1), usesTLS: true, user: "ann", password: "p@/:%", database: 9)
            ),
            ("redis://:a@b@cache", RedisURL(endpoint: .tcp(host: "cache", port: 6379), password: "a@b")),
            ("redis://:a:b@cache", RedisURL(endpoint: .tcp(host: "cache", port: 6379), password: "a:b")),
            ("unix:///run/redis.sock", RedisURL(endpoint: .unixSocket(path: "/run/redis.sock"))),
            ("unix:///run/redis.sock?db=2", RedisURL(endpoint: .unixSocket(path: "/run/redis.sock"), database: 2)),
            (
                "redis+unix://:pw@/run/a%20b.sock?db=2",
                RedisURL(endpoint: .unixSocket(path: "/run/a b.sock"), password: "pw", database: 2)
            ),
        ])
    func reads(_ text: String, _ expected: RedisURL) throws {
        #expect(try RedisURL(text) == expected)
    }

    @Test(
        "a malformed address is refused with the part at fault",
        arguments: [
            ("", RedisURLError.noScheme),
            ("localhost:6379", .noScheme),
            ("http://cache", .wrongScheme("http")),
            ("redis-sentinel://a,b/mymaster", .misspeltDeployment("redis+sentinel://host:26379/master-name/0")),
            ("redis-cluster://a", .misspeltDeployment("redis+cluster://host:6379")),
            ("redis://a:1,b:2", .severalHosts),
            ("redis://cache%0A:6379", .badHost),
            ("redis://ca%20che", .badHost),
            ("redis://[::1 ]", .badHost),
            ("redis+cluster://a,b%7F", .badHost),
            ("redis+sentinel://a,b", .noMasterName),
            ("redis+sentinel://a,b/", .noMasterName),
            ("redis+sentinel:///m", .emptyHost),
            ("redis+sentinel://a,,b/m", .emptyHost),
            ("redis+sentinel://a,::1/m", .bareIPv6),
            ("redis+sentinel://a:x/m", .badPort("x")),
            ("redis+sentinel://a/m/x", .badDatabase("x")),
            ("redis+sentinel://a/m/0/1", .badDatabase("0%2F1")),
            ("redis+sentinel://a/%ff", .badEncoding(part: "master name")),
            ("redis+sentinel://:se/cret@a/m", .badEncoding(part: "user or password")),
            ("redis+sentinel://a/m?sentinel_password=a@b", .badEncoding(part: "user or password")),
            ("redis+sentinel://a/m?sentinel_password=%4", .badEncoding(part: "sentinel_password")),
            ("redis+sentinel://a/m?sentinel_password=", .badSentinelParameter("sentinel_password")),
            ("redis+sentinel://a/m?sentinel_user=a&sentinel_user=b", .badSentinelParameter("sentinel_user")),
            ("redis+sentinel://a/m?sentinel_tls=yes", .badSentinelParameter("sentinel_tls")),
            ("redis+sentinel://a/m?hunter2", .unknownParameter("without a value")),
            ("redis+sentinel://a/m?db=1", .unknownParameter("db")),
            ("redis+cluster://", .emptyHost),
            ("redis+cluster://a,", .emptyHost),
            ("redis+cluster://a,b/1", .databaseInCluster(1)),
            ("redis+cluster://a?db=2", .databaseInCluster(2)),
            ("redis+cluster://a/x", .badDatabase("x")),
            ("redis+cluster://a?sentinel_user=x", .unknownParameter("sentinel_user")),
            ("redis+cluster://a:0", .badPort("0")),
            ("redis://::1:6379", .bareIPv6),
            ("redis://[::1", .bareIPv6),
            ("redis://[]:1", .bareIPv6),
            ("redis://[::1]6379", .bareIPv6),
            ("redis://cache:0", .badPort("0")),
            ("redis://cache:65536", .badPort("65536")),
            ("redis://cache:", .badPort("")),
            ("redis://cache:a\nb", .badPort("a%0Ab")),
            ("redis://cache/-1", .badDatabase("-1")),
            ("redis://cache/zero", .badDatabase("zero")),
            ("redis://cache/0/1", .badDatabase("0%2F1")),
            ("redis://cache/1?db=2", .databaseTwice),
            ("redis://cache/?timeout=2", .unknownParameter("timeout")),
            ("redis://cache/?db=1&db=2", .unknownParameter("db")),
            ("redis://:p%4@cache", .badEncoding(part: "password")),
            ("redis://:p%ff@cache", .badEncoding(part: "password")),
            ("redis://:se/cret@cache", .badEncoding(part: "user or password")),
            ("redis://:se?cret@cache", .badEncoding(part: "user or password")),
            ("unix://run/redis.sock", .relativeSocketPath),
            ("unix://", .relativeSocketPath),
            ("unix:///" + String(repeating: "a", count: 107), .socketPathTooLong(bytes: 108)),
        ])
    func refuses(_ text: String, _ expected: RedisURLError) {
        #expect(throws: expected) { try RedisURL(text) }
    }

    @Test(
        "an address of several servers is read into its parts",
        arguments: [
            (
                "redis+sentinel://s1,s2:1,[::1]:2/my%20master/3",
                RedisURL(deployment: .sentinel(sentinels("s1:26379", "s2:1", "::1:2", name: "my master")), database: 3)
            ),
            ("redis+sentinel://s1/m", RedisURL(deployment: .sentinel(sentinels("s1:26379", name: "m")))),
            ("redis+sentinel://s1,s1:26379/m/", RedisURL(deployment: .sentinel(sentinels("s1:26379", name: "m")))),
            (
                "rediss+sentinel://ann:pw@s1/m?sentinel_user=bob&sentinel_password=p%26%40",
                RedisURL(
                    deployment: .sentinel(
                        sentinels("s1:26379", name: "m", usesTLS: true, user: "bob", password: "p&@")),
                    usesTLS: true, user: "ann", password: "pw")
            ),
            (
                "rediss+sentinel://s1/m/1?sentinel_tls=false",
                RedisURL(deployment: .sentinel(sentinels("s1:26379", name: "m")), usesTLS: true, database: 1)
            ),
            (
                "redis+cluster://ann:pw@c1,c2:7,[fe80::1]:8/0",
                RedisURL(
                    deployment: .cluster(seeds: [
                        NodeAddress(host: "c1", port: 6379), NodeAddress(host: "c2", port: 7),
                        NodeAddress(host: "fe80::1", port: 8),
                    ]), user: "ann", password: "pw")
            ),
            (
                "REDISS+CLUSTER://c1/",
                RedisURL(deployment: .cluster(seeds: [NodeAddress(host: "c1", port: 6379)]), usesTLS: true)
            ),
        ])
    func readsSeveral(_ text: String, _ expected: RedisURL) throws {
        #expect(try RedisURL(text) == expected)
    }

    private static func sentinels(
        _ nodes: String..., name: String, usesTLS: Bool = false, user: String? = nil, password: String? = nil
    ) -> RedisURL.Sentinels {
        RedisURL.Sentinels(
            nodes: nodes.map { NodeAddress(redirection: $0[...])! }, masterName: name, usesTLS: usesTLS, user: user,
            password: password)
    }

    @Test("each server of several is reached with the credentials for its kind, and in its database")
    func credentialsOfKinds() throws {
        let url = try RedisURL(
            "rediss+sentinel://ann:a@s1/m/4?sentinel_user=bob&sentinel_password=b&sentinel_tls=false")
        let node = NodeAddress(host: "n", port: 9)
        #expect(try url.server(at: node) == RedisURL("rediss://ann:a@n:9/4"))
        guard case .sentinel(let sentinels) = url.deployment else {
            Issue.record("\(url) has no sentinels")
            return
        }
        #expect(try sentinels.url(of: node) == RedisURL("redis://bob:b@n:9/0"))
    }

    @Test(
        "printing an address never shows its user or password",
        arguments: [
            "redis://secret@cache:1/2", "redis+sentinel://a/m?sentinel_user=secret&sentinel_password=x",
            "redis://ann:secret@cache:1/2", "rediss://:secret@[::1]", "unix://:secret@/run/redis.sock?db=1",
            "redis+sentinel://ann:secret@a/m", "redis+sentinel://a/m?sentinel_password=secret",
            "rediss+cluster://:secret@a,b",
        ])
    func hidesPassword(_ text: String) throws {
        let url = try RedisURL(text)
        var dumped = ""
        dump(RedisSettings(url: url), to: &dumped)
        for printed in ["\(url)", String(reflecting: url), "\(RedisSettings(url: url))", "\([url])", dumped] {
            #expect(!printed.contains("secret"))
            #expect(printed.contains("***"))
        }
    }

    @Test("an address is printed in the form it is read in")
    func printsReadably() throws {
        for text in [
            "redis://localhost:6379/0", "rediss://[::1]:7000/3", "unix:///run/redis.sock?db=2",
            "redis+sentinel://s1:1,[::1]:2/my%20master/3", "redis+cluster://c1:1,c2:2",
            "rediss+sentinel://s1:1/m/0?sentinel_tls=false",
        ] {
            let url = try RedisURL(text)
            #expect(url.description == text)
        }
    }
}
