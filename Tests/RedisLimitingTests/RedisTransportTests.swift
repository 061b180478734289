import Glibc
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct RedisTransportTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .standard)

    @Test("a server is reached by TCP, by name and by address", arguments: ["localhost", "127.0.0.1"])
    func tcp(_ host: String) async throws {
        let port = try await LoopbackPort.free()
        try await withPrivateRedis(arguments: ["--port", "\(port)"]) { redis in
            var settings = redis.settings
            settings.url = RedisURL(endpoint: .tcp(host: host, port: port))
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
            }
        }
    }

    @Test(
        "TLS talks to a server whose certificate is trusted, and to no other",
        .enabled(if: access("/usr/bin/openssl", X_OK) == 0, "openssl makes the certificate"),
        arguments: ["localhost", "127.0.0.1"])
    func tls(_ host: String) async throws {
        let folder = try ServerFolder()
        let certificate = folder.path + "/certificate.pem"
        let key = folder.path + "/key.pem"
        defer {
            unlink(certificate)
            unlink(key)
            folder.remove()
        }
        try makeCertificate(certificate, key: key)
        let port = try await LoopbackPort.free()
        let arguments = [
            "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no",
        ]
        try await withPrivateRedis(arguments: arguments) { redis in
            var settings = redis.settings
            settings.url = RedisURL(endpoint: .tcp(host: host, port: port), usesTLS: true)
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.disconnected))
            }
            settings.trustedCertificatesFile = certificate
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
            }
        }
    }

    @Test("a file of certificates that is not there is an error of configuration")
    func missingCertificates() throws {
        let settings = RedisSettings(
            url: try RedisURL("rediss://localhost"), trustedCertificatesFile: "/nonexistent/ca.pem")
        let error = #expect(throws: RedisError.self) { try RedisLimiter(settings: settings, logger: .silent) }
        #expect(error?.code == .configuration)
    }

    private func makeCertificate(_ path: String, key: String) throws {
        let openssl = try ChildProcess.spawn(
            "/usr/bin/openssl",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", key, "-out", path,
            ])
        var status: CInt = 0
        #expect(waitpid(openssl, &status, 0) == openssl)
        try #require(status == 0)
    }
}
