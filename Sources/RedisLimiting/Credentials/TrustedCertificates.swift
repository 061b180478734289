import NIOSSL
import ParallaxCore

/// The certificates that a TLS connection trusts instead of the system's.
package enum TrustedCertificates {
    /// Reads a file of one or more certificates in PEM.
    ///
    /// - Throws: ``RedisError`` with `configuration`, naming the file and what is wrong with it.
    static func read(file path: String) throws(RedisError) -> [NIOSSLCertificate] {
        let name = DisplayText.quoted(path, maximumScalars: 200)
        guard let file = try? RegularFile(path) else {
            throw RedisError(.configuration, "the file of trusted certificates \(name) cannot be read")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(file.content), !certificates.isEmpty else {
            throw RedisError(.configuration, "the file of trusted certificates \(name) holds no certificate in PEM")
        }
        return certificates
    }

    /// What is wrong with a file of certificates; `nil` if nothing is.
    package static func problem(withFile path: String) -> String? {
        do throws(RedisError) {
            _ = try read(file: path)
            return nil
        } catch {
            return error.message
        }
    }
}
