import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct RedisTransportTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("a server is reached by TCP, by name and by address", arguments: ["localhost", "127.0.0.1"])
    func tcp(_ host: String) async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withPrivateRedis(arguments: ["--port", "\(port)"]) { redis in
            #expect(await decides(redis, at: "redis://\(host):\(port)/0"))
        }
    }

    @Test(
        "a server that listens only on IPv6 is reached by its address in brackets",
        .enabled("the machine has the address ::1") { (try? LoopbackPorts.find(1, on: "::1")) != nil })
    func ipv6() async throws {
        let port = try LoopbackPorts.find(1, on: "::1")[0]
        try await withPrivateRedis(arguments: ["--port", "\(port)", "--bind", "::1"]) { redis in
            #expect(await decides(redis, at: "redis://[::1]:\(port)/0"))
            #expect(await !decides(redis, at: "redis://127.0.0.1:\(port)/0", timeout: .seconds(2)))
        }
    }

    @Test("a Unix socket is reached with user, password and database")
    func unixSocket() async throws {
        let arguments = ["--user", "ann", "on", ">pa/ss", "~*", "&*", "+@all"]
        try await withPrivateRedis(arguments: arguments) { redis in
            let url = "unix://ann:pa%2Fss@\(redis.socketPath)?db=5"
            #expect(await decides(redis, at: url))
            #expect(await !decides(redis, at: "unix://ann:pass@\(redis.socketPath)?db=5", timeout: .seconds(2)))
        }
    }

    @Test(
        "TLS talks to a server whose certificate a trusted authority signed for its name, and to no other",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"),
        arguments: ["localhost", "127.0.0.1"])
    func tls(_ host: String) async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withTemporaryCertificates { certificates in
            try await withPrivateRedis(arguments: certificates.arguments(port: port)) { redis in
                let url = "rediss://\(host):\(port)/0"
                #expect(await !decides(redis, at: url, timeout: .seconds(2)))
                #expect(await decides(redis, at: url, trusting: certificates.authority))
                // Without TLS the same port answers nothing.
                #expect(await !decides(redis, at: "redis://\(host):\(port)/0", timeout: .seconds(2)))
            }
        }
    }

    @Test(
        "a server that asks for a certificate takes a client that shows one, and no other",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"))
    func clientCertificate() async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withTemporaryCertificates { certificates in
            let arguments = certificates.arguments(port: port, asksClients: true)
            try await withPrivateRedis(arguments: arguments) { redis in
                let url = "rediss://localhost:\(port)/0"
                #expect(await !decides(redis, at: url, trusting: certificates.authority, timeout: .seconds(2)))
                var settings = redis.settings
                settings.url = try RedisURL(url)
                settings.trustedCertificatesFile = certificates.authority
                settings.clientCertificate = ClientCertificate(
                    certificateFile: certificates.certificate, keyFile: certificates.key)
                try await withRedisLimiter(settings) { limiter in
                    _ = try await limiter.probe(timeout: .seconds(30)).get()
                }
            }
        }
    }

    @Test(
        "a certificate that was signed for another name is refused",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"),
        arguments: [
            ("DNS:elsewhere.example", "localhost"), ("DNS:localhost", "127.0.0.1"),
        ])
    func otherName(_ names: String, _ host: String) async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withTemporaryCertificates(names: names) { certificates in
            try await withPrivateRedis(arguments: certificates.arguments(port: port)) { redis in
                let url = "rediss://\(host):\(port)/0"
                #expect(await !decides(redis, at: url, trusting: certificates.authority, timeout: .seconds(2)))
            }
        }
    }

    @Test(
        "certificates of another authority are trusted from when they are put in place",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"), .timeLimit(.minutes(1)))
    func otherAuthority() async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withTemporaryCertificates { certificates in
            try await withTemporaryCertificates { others in
                try await withPrivateRedis(arguments: certificates.arguments(port: port)) { redis in
                    var settings = redis.settings
                    settings.url = try RedisURL("rediss://localhost:\(port)/0")
                    settings.trustedCertificatesFile = others.authority
                    settings.breaker = BreakerSettings(failuresToOpen: .max)
                    try await withRedisLimiter(settings) { limiter in
                        #expect(await !limiter.check(Self.request, at: nil).isAllowed)
                        #expect(throws: RedisError.self) {
                            try limiter.prepareCertificates(trustedIn: "/nonexistent/ca.pem", own: nil)
                        }
                        let trust = try limiter.prepareCertificates(trustedIn: certificates.authority, own: nil)
                        #expect(await !limiter.check(Self.request, at: nil).isAllowed)
                        trust()
                        // The next attempt to connect comes by itself; the time limit ends a wait in vain.
                        while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
                    }
                }
            }
        }
    }

    @Test(
        "the own certificate is shown from when it is put in place, and one without its key is refused before",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"), .timeLimit(.minutes(1)))
    func ownCertificate() async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withTemporaryCertificates { certificates in
            let arguments = certificates.arguments(port: port, asksClients: true)
            try await withPrivateRedis(arguments: arguments) { redis in
                var settings = redis.settings
                settings.url = try RedisURL("rediss://localhost:\(port)/0")
                settings.trustedCertificatesFile = certificates.authority
                settings.breaker = BreakerSettings(failuresToOpen: .max)
                try await withRedisLimiter(settings) { limiter in
                    #expect(await !limiter.check(Self.request, at: nil).isAllowed)
                    #expect(throws: RedisError.self) {
                        try limiter.prepareCertificates(
                            trustedIn: certificates.authority,
                            own: ClientCertificate(
                                certificateFile: certificates.certificate, keyFile: certificates.certificate))
                    }
                    let show = try limiter.prepareCertificates(
                        trustedIn: certificates.authority,
                        own: ClientCertificate(
                            certificateFile: certificates.certificate, keyFile: certificates.key))
                    show()
                    while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
                }
            }
        }
    }

    @Test("a file of certificates that is not there, or holds none, is an error that names it")
    func missingCertificates() throws {
        for path in ["/nonexistent/ca.pem", "/dev/null"] {
            let settings = RedisSettings(url: try RedisURL("rediss://localhost"), trustedCertificatesFile: path)
            let error = #expect(throws: RedisError.self) { try RedisLimiter(settings: settings, logger: .silent) }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains(path) == true)
        }
    }

    /// Whether a decision can be had at an address.
    ///
    /// - Parameter timeout: How long it may take; short if none is expected.
    private func decides(
        _ redis: PrivateRedis, at address: String, trusting file: String? = nil, timeout: Duration = .seconds(30)
    ) async -> Bool {
        var settings = redis.settings
        settings.trustedCertificatesFile = file
        settings.connectionTimeout = timeout
        settings.decisionTimeout = timeout
        do {
            settings.url = try RedisURL(address)
            return try await withRedisLimiter(settings) { await $0.check(Self.request, at: nil).isAllowed }
        } catch {
            Issue.record("\(address): \(error)")
            return false
        }
    }
}
