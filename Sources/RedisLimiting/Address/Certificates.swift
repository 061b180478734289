import NIOSSL
import ParallaxCore

/// What this client proves its own name with, to a server that asks for certificates.
package struct ClientCertificate: Equatable, Sendable {
    /// A file of the certificate and of those that lead to its authority, in PEM.
    package let certificateFile: String
    /// A file of its private key, in PEM, without a passphrase.
    package let keyFile: String

    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Reads both files.
    ///
    /// - Throws: ``RedisError`` with `configuration`, naming the file and what is wrong with it.
    func read() throws(RedisError) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(RegularFile(certificateFile).content)
        } catch {
            throw RedisError(
                .configuration, "the file \(Self.name(certificateFile)) cannot be read as certificates in PEM")
        }
        guard !chain.isEmpty else {
            throw RedisError(.configuration, "the file \(Self.name(certificateFile)) holds no certificate in PEM")
        }
        do {
            return (chain, try NIOSSLPrivateKey(bytes: RegularFile(keyFile).content, format: .pem))
        } catch {
            throw RedisError(
                .configuration,
                "the file \(Self.name(keyFile)) cannot be read as a private key in PEM without a passphrase")
        }
    }

    private static func name(_ path: String) -> String { DisplayText.quoted(path, maximumScalars: 200) }

    /// What is wrong with the files; `nil` if nothing is.
    package var problem: String? {
        do throws(RedisError) {
            _ = try read()
            return nil
        } catch {
            return error.message
        }
    }
}

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
