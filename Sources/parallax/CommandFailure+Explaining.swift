import Replay

/// Errors of the parts below, told as a command's failure.
extension CommandFailure {
    /// - Returns: `nil` for errors that ArgumentParser reports itself.
    init?(explaining error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ReplayError: self.init(error)
        default: return nil
        }
    }

    init(_ error: ReplayError) {
        switch error.code {
        case .unreadable: self.init(.noInput, error.description)
        case .damagedGzip: self.init(.badData, error.description)
        case .gzipMissing: self.init(.unavailable, error.description)
        }
    }
}
