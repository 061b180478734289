import Logging
import ParallaxCore
import Synchronization

extension RollbackService {
    /// Says which triggers changed their minds.
    func logChanges(from before: [Evaluation], to after: [Evaluation]) {
        for evaluation in after {
            let old = before.first { $0.trigger == evaluation.trigger }?.state
            guard old != evaluation.state else { continue }
            var metadata = metadata(of: evaluation)
            metadata["previous_state"] = "\(old?.rawValue ?? "none")"
            let level: Logger.Level = evaluation.state == .firing ? .warning : .notice
            logger.log(level: level, "A rollback trigger changed its state", metadata: metadata)
        }
    }

    func logRollback(_ evaluation: Evaluation, _ flip: LegacyFlip) {
        var metadata = metadata(of: evaluation)
        metadata["previous_strategy"] = "\(flip.before.strategy.rawValue)"
        let reach =
            flip.hold == nil
            ? "Rolled back to legacy. Every instance now limits by its own memory only"
            : """
            Rolled back to legacy in this instance only, since the flag file cannot be written. It now limits by its own \
            memory
            """
        logger.critical(
            """
            \(reach), which multiplies the limits by the number of instances. No further rollback happens until this one \
            is acknowledged
            """, metadata: metadata)
    }

    func logFailedFlip(_ evaluation: Evaluation, _ error: any Error) {
        var metadata = metadata(of: evaluation)
        metadata["error"] = "\(error)"
        logger.critical(
            "The flags could not be flipped to legacy; the next evaluation tries again. Set them by hand: parallax flags set --strategy legacy",
            metadata: metadata)
    }

    func logSuperseded(_ evaluation: Evaluation, _ error: RollbackSuperseded) {
        var metadata = metadata(of: evaluation)
        metadata["why"] = "\(error)"
        logger.notice("Rollback decision is stale (flags changed since); re-evaluating", metadata: metadata)
    }

    func logAdopted(_ firing: RollbackLatch.Firing) {
        logger.warning(
            """
            Another instance that shares the flag file rolled back. No further rollback happens until that one is \
            acknowledged, at whichever instance
            """,
            metadata: ["trigger": "\(firing.trigger.rawValue)", "sentence": "\(firing.sentence)"])
    }

    func logDryRun(_ evaluation: Evaluation) {
        logger.warning(
            "A rollback trigger fired in a dry run: the flags stay as they are", metadata: metadata(of: evaluation))
    }

    func logWithheld(_ evaluation: Evaluation, _ reason: RollbackEvaluator.Withholding) {
        let why =
            switch reason {
            case .legacy: "the strategy is legacy already"
            case .latched: "the last rollback is not acknowledged"
            case .holdingOff: "the last rollback was acknowledged a short while ago"
            }
        logger.warning("A rollback trigger fired, but no rollback follows: \(why)", metadata: metadata(of: evaluation))
    }

    func logAcknowledged(_ acknowledgement: Acknowledgement) {
        logger.notice(
            "The last rollback was acknowledged",
            metadata: ["by": "\(acknowledgement.by)", "reason": "\(acknowledgement.reason)"])
    }

    func logSharedBaseline(_ forgotten: Acknowledgement?) {
        logger.notice(
            "The baseline of response times changed at another instance, or was forgotten; using the shared one",
            metadata: forgotten.map { ["forgotten_by": "\($0.by)", "reason": "\($0.reason)"] } ?? [:])
    }

    /// Says once that the baseline cannot be shared.
    func logSharing(_ error: (any Error)?) {
        let isNew = state.withLock { state in
            defer { state.isSharingFailing = error != nil }
            return error != nil && !state.isSharingFailing
        }
        guard isNew, let error else { return }
        logger.warning(
            "The baseline of response times cannot be shared: a new instance has to learn its own",
            metadata: ["error": "\(error)"])
    }

    /// Says when a baseline is complete, and when it has become too old to compare with.
    func logBaselines(at moment: ClockReading) {
        let news = state.withLock { state in
            state.evaluator.baselineStates(at: moment.wall).filter { source, baseline in
                let old = state.baselineStages.updateValue(baseline.stage, forKey: source) ?? .learning
                return old != baseline.stage
            }
        }
        for (source, baseline) in news {
            let metadata: Logger.Metadata = ["source": "\(source.rawValue)", "samples": "\(baseline.samples)"]
            switch baseline.stage {
            case .learning: break
            case .frozen:
                logger.notice(
                    "The baseline of response times is complete; response times are compared with it from now on",
                    metadata: metadata)
            case .stale:
                logger.warning(
                    """
                    The baseline of response times is too old to compare with, and they cannot cause a rollback. Run in \
                    `legacy` for a while to learn a new one, or set BASELINE_HOLDOUT_PERCENT
                    """, metadata: metadata)
            }
        }
    }

    func logUnreadableBaseline(_ error: DecodingError) {
        logger.warning("Stored baseline cannot be decoded; ignoring it", metadata: ["error": "\(error)"])
    }

    /// Says once that the record fails, and once that it works again.
    func logRecord(_ error: (any Error)?) {
        // A shutdown interrupts writes, which is not a failure to report.
        guard !(error is CancellationError) else { return }
        let isNew = state.withLock { state in
            defer { state.isRecordFailing = error != nil }
            return state.isRecordFailing != (error != nil)
        }
        guard isNew else { return }
        if let error {
            logger.error(
                "The record of evaluations cannot be written or read; rollbacks still work",
                metadata: ["error": "\(error)"])
        } else {
            logger.notice("The record of evaluations can be written and read again")
        }
    }

    private func metadata(of evaluation: Evaluation) -> Logger.Metadata {
        [
            "trigger": "\(evaluation.trigger.rawValue)", "state": "\(evaluation.state.rawValue)",
            "sentence": "\(evaluation.sentence)",
        ]
    }
}
