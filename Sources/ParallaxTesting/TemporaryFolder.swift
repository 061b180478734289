import Foundation
import Glibc
import RedisLimiting

/// Runs a test with the path of an empty folder of its own, which is removed afterwards.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// Runs a test with the path of an empty folder of its own, which is removed afterwards.
package func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

private func makeTemporaryFolder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("parallax-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

/// An authority of a test's own and a server's certificate that it has signed, as files in PEM.
package struct TemporaryCertificates: Sendable {
    /// Whether the program that makes them is there.
    package static var canBeMade: Bool { access(program, X_OK) == 0 }

    package let authority: String
    package let certificate: String
    package let key: String

    private static let program = "/usr/bin/openssl"

    /// - Parameter names: What the certificate is good for, as OpenSSL writes it: `DNS:localhost,IP:127.0.0.1`.
    fileprivate init(folder: String, names: String) throws {
        authority = folder + "/authority.pem"
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        let authorityKey = folder + "/authority-key.pem"
        try Self.make(["-subj", "/CN=authority", "-keyout", authorityKey, "-out", authority])
        try Self.make([
            "-subj", "/CN=server", "-addext", "subjectAltName=\(names)", "-addext",
            "basicConstraints=critical,CA:false",
            "-CA", authority, "-CAkey", authorityKey, "-keyout", key, "-out", certificate,
        ])
    }

    /// What a server takes to talk TLS on a port.
    ///
    /// - Parameter asksClients: Whether it takes only clients that show a certificate of the authority.
    package func arguments(port: Int, asksClients: Bool = false) -> [String] {
        [
            "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
            authority, "--tls-auth-clients", asksClients ? "yes" : "no",
        ]
    }

    private static func make(_ words: [String]) throws {
        let request = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
        ]
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(nowhere) }
        let process = try ChildProcess.spawn(program, request + words, standardInput: nowhere, standardOutput: nowhere)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw RedisError(.configuration, "openssl made no certificate: status \(status)") }
    }
}

/// Lends certificates to the body and removes them afterwards.
package func withTemporaryCertificates<Result>(
    names: String = "DNS:localhost,IP:127.0.0.1", _ body: (TemporaryCertificates) async throws -> Result
) async throws -> Result {
    let folder = try ServerFolder()
    defer {
        for name in ["authority.pem", "authority-key.pem", "certificate.pem", "key.pem"] {
            unlink(folder.path + "/" + name)
        }
        folder.remove()
    }
    return try await body(TemporaryCertificates(folder: folder.path, names: names))
}
