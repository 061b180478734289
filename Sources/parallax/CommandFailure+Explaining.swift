import DivergenceStore
import ParallaxCore
import ParallaxService
import RedisLimiting
import Replay

/// Errors of the parts below, told as a command's failure.
extension CommandFailure {
    /// - Returns: `nil` for errors that ArgumentParser reports itself.
    init?(explaining error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ReplayError: self.init(error)
        case let error as DivergenceStoreError: self.init(error)
        case let error as FlagFileError: self.init(error)
        case let error as FlagDefinitionError: self.init(.configuration, error.description)
        case let error as RollbackLatchError: self.init(.failure, error.description)
        case let error as EmbeddedRedisError: self.init(.unavailable, error.description)
        default: return nil
        }
    }

    init(_ error: DivergenceStoreError) {
        switch error.code {
        case .missing: self.init(.noInput, error.message)
        case .notADatabase, .foreign, .corrupt, .changedMigration, .newerSchema, .olderSchema:
            self.init(.badData, error.message)
        case .repeated: self.init(.usage, error.message)
        case .locked: self.init(.unavailable, error.message)
        case .unreadable, .readOnly: self.init(.notPermitted, error.message)
        case .failedMigration, .diskFull, .inputOutput, .notFound, .failed: self.init(.failure, error.message)
        }
    }

    init(_ error: FlagFileError) {
        switch error.code {
        case .missing: self.init(.noInput, error.message)
        case .unreadable, .invalid: self.init(.badData, error.message)
        case .forbidden: self.init(.notPermitted, error.message)
        case .badRequest: self.init(.usage, error.message)
        case .failed, .changedMeanwhile: self.init(.failure, error.message)
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
