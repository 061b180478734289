import CommandSupport
import DivergenceStore
import Foundation
import Logging
import ParallaxCore

@testable import parallax

/// A database with records of a few minutes ago, by identities that would be markup, formulas or escape sequences.
struct ReportDatabase {
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a\u{0}b\u{202e}c", "=1+1", "'",
    ]

    let path: String
    /// The time of the newest minute.
    let time: Timestamp

    /// Makes it in a folder: 20 compared requests of each hostile identity, of which one has diverged.
    static func make(in folder: TemporaryFolder, name: String = "report") async throws -> ReportDatabase {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let time = now.startOfMinute + -120_000
        let store = try DivergenceStore(path: "\(folder.path)/\(name).sqlite")
        let recorder = Recorder(
            store: store, instance: hostile[0], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for identifier in hostile {
            for index in 0..<20 {
                recorder.compared(try comparison(identifier, isDiverged: index == 0, at: time + Int64(index)))
            }
        }
        await recorder.flush()
        try store.close()
        return ReportDatabase(path: "\(folder.path)/\(name).sqlite", time: time)
    }

    private static func comparison(_ name: String, isDiverged: Bool, at time: Timestamp) throws -> Comparison {
        func observation(_ outcome: Decision.Outcome) -> Observation {
            let windows = Policy.defaultValue.windows.map { WindowState(window: $0, used: 3, reset: time) }
            return Observation(
                decision: Decision(
                    outcome: outcome, windows: windows, retryAfterMilliseconds: outcome == .allowed ? 0 : 900,
                    judgedAt: time), duration: .microseconds(40))
        }
        return Comparison(
            identity: try Identity(organization: name, identifier: name), cost: 1, time: time,
            policyFingerprint: Policy.defaultValue.fingerprint, control: observation(.allowed),
            candidate: observation(isDiverged ? .limited(by: "minute") : .allowed), enforced: .control,
            result: isDiverged ? .diverged(.newlyLimited, .unexplained) : .agreed,
            evidence: Evidence(ownUnits: [1, 2, 3, 4], clockOffsetMilliseconds: -5))
    }
}
