import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension AdminClient.TransportFailure {
    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError: self.init(error)
        case let error as IOError: self = Self.named(error.errnoCode) ?? .other(error.description)
        case let error as NIOConnectionError: self.init(error)
        case is HTTPParserError: self = .notHTTP
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: self = .insecure
        default: self = .other("\(error)")
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .tlsHandshakeTimeout: self = .timedOut
        case .remoteConnectionClosed: self = .closed
        default: self = .other(error.shortDescription)
        }
    }

    private init(_ error: NIOConnectionError) {
        let numbers = error.connectionErrors.map { ($0.error as? IOError)?.errnoCode }
        // Of several addresses of a host, one that refuses says most.
        let known = numbers.compactMap { $0.flatMap(Self.named) }
        self =
            if known.contains(.refused) {
                .refused
            } else if let first = known.first {
                first
            } else if error.connectionErrors.isEmpty {
                .unknownHost
            } else {
                .timedOut
            }
    }

    private static func named(_ number: CInt) -> Self? {
        switch number {
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .timedOut
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN: .unreachable
        case ECONNRESET, EPIPE: .closed
        default: nil
        }
    }
}

extension AdminClient.TransportFailure {
    /// What happened, in plain words.
    var reason: String {
        switch self {
        case .refused: "connection refused: nothing listens there"
        case .timedOut: "no answer in time"
        case .unknownHost: "no host of that name is known"
        case .unreachable: "no network leads there"
        case .insecure: "no TLS connection could be made"
        case .closed: "it closed the connection without an answer"
        case .notHTTP: "what listens there does not speak HTTP"
        case .other(let words): words.escapedForTerminal
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .refused: "Start a service with 'parallax serve', or name the right one with --url."
        case .timedOut: "Look at its /health and its log."
        case .insecure:
            "Write http:// if it listens without TLS; else its certificate must be one that this machine trusts."
        case .closed: "Is it an HTTP service? Write https:// if it listens with TLS."
        case .unknownHost, .unreachable, .notHTTP, .other: "Correct --url, or HTTP_HOST and HTTP_PORT."
        }
    }
}

extension CommandFailure {
    /// Why an instance gave no answer: the same words in all commands.
    init(_ failure: AdminClient.TransportFailure, at url: String) {
        self.init(.unavailable, "cannot ask \(url): \(failure.reason)", remedy: failure.remedy)
    }

    /// What answers at an address is not what a command expects there.
    ///
    /// - Parameter status: The status of its answer; `nil` if only the body is not as expected.
    init(notParallax url: String, status: Int?) {
        self.init(
            .badData,
            "\(url) gave an unexpected answer" + (status.map { ", with status \($0)" } ?? ""),
            remedy: "Is it a parallax service, and of the same version as this command?")
    }
}
