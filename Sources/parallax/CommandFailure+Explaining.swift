import CommandSupport
import DivergenceStore
import FeatureFlags
import Foundation
import NIOCore
import ParallaxCore
import RedisLimiting
import Simulation
import Settings

/// Errors of the parts below, told as a command's failure.
extension CommandFailure {
    /// - Returns: `nil` for errors that ArgumentParser reports itself.
    init?(explaining error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as AccessLogError: self.init(error)
        case let error as DivergenceStoreError: self.init(error)
        // A value from a database; other readers of JSON have errors of their own.
        case is DecodingError:
            self.init(.badData, "the database holds a value that cannot be decoded; restore it from a copy")
        case let error as FlagFileError: self.init(error)
        case let error as FlagDefinitionError: self.init(.configuration, error.description)
        case let error as RollbackLatchError: self.init(.failure, error.description)
        case let error as EmbeddedRedisError: self.init(.unavailable, error.description)
        case let error as SecretFileError:
            self.init(.configuration, error.description, remedy: error.remedy)
        case let error as PseudonymKeyError:
            self.init(
                .configuration,
                "IDENTITY_PRIVACY_KEY_FILE: the file \(DisplayText.quoted(error.path)) \(error.problem)",
                remedy: error.remedy)
        case let error as RedisURLError: self.init(.configuration, "REDIS_URL: \(error)")
        case let error as RedisError where error.code == .configuration: self.init(.configuration, error.description)
        case let error as RedisError where error.code == .unauthorized: self.init(.notPermitted, error.description)
        case let error as RedisError: self.init(.unavailable, error.description)
        default:
            guard let problem = ListenProblem(error) else { return nil }
            self.init(problem)
        }
    }

    init(_ error: DivergenceStoreError) {
        switch error.code {
        case .missing: self.init(.noInput, error.message)
        case .notADatabase, .foreign, .corrupt, .altered, .changedMigration, .newerSchema, .olderSchema:
            self.init(.badData, error.message)
        case .repeated: self.init(.usage, error.message)
        case .locked: self.init(.unavailable, error.message)
        case .unreadable, .readOnly: self.init(.notPermitted, error.message)
        case .failedMigration, .diskFull, .inputOutput, .notFound, .exists, .unopened, .ended, .lost, .failed:
            self.init(.failure, error.message)
        }
    }

    /// What is wrong with the address of `serve`, the one socket that is opened without a caller who asks.
    init(_ problem: ListenProblem) {
        self.init(
            .configuration, "\(problem.settings): \(problem.problem)",
            remedy: problem.remedy.prefix(1).uppercased() + problem.remedy.dropFirst() + ".")
    }

    init(_ error: FlagFileError) {
        switch error.code {
        case .missing: self.init(.noInput, error.message)
        case .unreadable, .invalid: self.init(.badData, error.message)
        case .forbidden: self.init(.notPermitted, error.message)
        case .badRequest: self.init(.usage, error.message)
        case .failed, .changedMeanwhile, .superseded, .leased: self.init(.failure, error.message)
        }
    }

    init(_ error: AccessLogError) {
        switch error.code {
        case .unreadable: self.init(.noInput, error.description)
        case .damagedGzip: self.init(.badData, error.description)
        }
    }
}
