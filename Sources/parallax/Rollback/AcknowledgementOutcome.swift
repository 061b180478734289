import AdminAPI
import CommandSupport
import FeatureFlags
import DivergenceStore
import Foundation
import ParallaxCore

/// What one acknowledgement did at one instance or database.
struct AcknowledgementOutcome {
    enum Result {
        /// Acknowledged; the rollback, if it is known.
        case done(RollbackLatch.Firing?)
        /// The database cannot be written now: instances take the word from next to the flag file, and write it later.
        case left(RollbackLatch.Firing?, because: String)
        /// Nothing waits, or no longer.
        case nothing
        case failed(CommandFailure)
    }

    /// The address or the path.
    let place: String
    let result: Result
    /// What an instance does from now on that the rollback held at `legacy`; `nil` if none was held, or it is not known.
    var released: Strategy?
    /// Until when nothing is rolled back automatically because of this; `nil` if it is not known.
    var holdOffUntil: Timestamp?

    var isDone: Bool {
        switch result {
        case .done, .left: true
        case .nothing, .failed: false
        }
    }

    var failure: CommandFailure? {
        if case .failed(let failure) = result { failure } else { nil }
    }

    func tell() {
        let place = place.escapedForTerminal
        switch result {
        case .done(let firing):
            Terminal.print("Acknowledged at \(place): \(Self.text(firing)).")
            if let released, released != .legacy {
                Terminal.note(
                    """
                    note: the rollback could not be written and held the instance at legacy; from now on it follows the \
                    file: \(released.rawValue)
                    """)
            }
        case .left(let firing, let reason):
            Terminal.print("Acknowledged next to the flag file: \(Self.text(firing)).")
            Terminal.note("note: \(reason.escapedForTerminal); the instance writes the acknowledgement there later")
        case .nothing: Terminal.note("note: at \(place) no rollback waits to be acknowledged")
        case .failed(let failure): Terminal.note("parallax: \(place): \(failure.message.escapedForTerminal)")
        }
    }

    private static func text(_ firing: RollbackLatch.Firing?) -> String {
        firing.map { "\($0.trigger.rawValue) at \($0.time.text) UTC" } ?? "the rollback"
    }
}

/// Acknowledges in one database, and next to the flag file for all who share it.
struct DatabaseAcknowledgement {
    let path: String
    /// The flag file; `nil` if there is none that can be used.
    let flags: FlagStore?
    /// For how long a rollback holds off; `nil` if those settings are invalid.
    var settings: RollbackSettings?

    func record(_ word: Acknowledgement) async throws -> AcknowledgementOutcome {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .noInput, "there is no database at \(path)", remedy: "Name one with --database or DATABASE_PATH.")
        }
        let shared = flags?.sharedLatch
        do {
            let record = StoredRollbackRecord(store: try DivergenceStore(path: path))
            let hold = try await record.loadLatch().hold
            let latch = try await record.changeLatch { latch in
                // An instance may have been rolled back by another moments ago, and not have noted that yet.
                if !latch.isLatched, let shared { latch = latch.merged(with: shared) }
                try latch.acknowledge(word)
            }
            if let shared, shared.firing == latch.firing { await flags?.publish(latch) }
            return AcknowledgementOutcome(
                place: path, result: .done(latch.firing),
                released: hold.map { flags?.health.file.strategy ?? $0.strategy }, holdOffUntil: end(of: latch, word))
        } catch let error as DivergenceStoreError {
            if error.cause as? RollbackLatchError != nil {
                return AcknowledgementOutcome(place: path, result: .nothing)
            }
            guard let flags, var latch = shared, latch.isLatched, error.canRetry || error.code == .readOnly else {
                throw error
            }
            try latch.acknowledge(word)
            await flags.publish(latch)
            guard flags.sharedLatch?.isLatched == false else { throw error }
            return AcknowledgementOutcome(
                place: path, result: .left(latch.firing, because: error.message), holdOffUntil: end(of: latch, word))
        }
    }

    private func end(of latch: RollbackLatch, _ word: Acknowledgement) -> Timestamp? {
        guard let settings, case .holdingOff(let end) = latch.state(at: word.time, settings: settings) else {
            return nil
        }
        return end
    }
}

extension AdminClient {
    /// Tells the instance.
    func acknowledge(_ word: Acknowledgement) async -> AcknowledgementOutcome {
        do {
            let answer: AcknowledgementAnswer = try await post(
                "/v1/rollback/acknowledge", body: ReasonedRequest(by: word.by, reason: word.reason))
            return AcknowledgementOutcome(place: baseURL, result: .done(nil), holdOffUntil: answer.holdOffUntil)
        } catch let failure as CommandFailure {
            let isNothing = failure.message.contains(RollbackLatchError.notLatched.description)
            return AcknowledgementOutcome(place: baseURL, result: isNothing ? .nothing : .failed(failure))
        } catch {
            return AcknowledgementOutcome(place: baseURL, result: .failed(CommandFailure(.failure, "\(error)")))
        }
    }
}
