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
            ("redis+sentinel://a,b/mymaster", .unsupportedTopology("Sentinel")),
            ("redis-cluster://a", .unsupportedTopology("Cluster")),
            ("redis://a:1,b:2", .unsupportedTopology("Several hosts")),
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
        "printing an address never shows its password",
        arguments: ["redis://ann:secret@cache:1/2", "rediss://:secret@[::1]", "unix://:secret@/run/redis.sock?db=1"])
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
        for text in ["redis://localhost:6379/0", "rediss://ann@[::1]:7000/3", "unix:///run/redis.sock?db=2"] {
            let url = try RedisURL(text)
            #expect(url.description == text)
        }
    }
}
