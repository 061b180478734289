import Logging
import ParallaxCore
import ServiceLifecycle

extension Recorder: Service {
    /// Flushes at every interval and deletes what is older than the retention or beyond the bound of bytes, until the
    /// service shuts down; then flushes a last time.
    ///
    /// Whatever makes comparisons has to end before this service does.
    package func run() async throws {
        let pruning = Task {
            async let byAge: Void = pruneAgainAndAgain()
            async let bySize: Void = fitAgainAndAgain()
            _ = await (byAge, bySize)
        }
        await withTaskCancellationHandler {
            await flushAgainAndAgain()
        } onCancel: {
            pruning.cancel()
        }
        pruning.cancel()
        // Before waiting for whatever is being deleted: what was recorded must not wait for that.
        let isWritten = await flush()
        await pruning.value
        if isWritten {
            // Without the note a copy of the file looks incomplete, and nothing is lost.
            try? await noteClosing()
            return
        }
        let lost = health
        logger.error(
            "ended with records that could not be written: \(lost.lastError ?? "")",
            metadata: [
                "comparisons": "\(lost.pendingComparisons)", "rows": "\(lost.pendingRows)",
            ])
    }

    private func flushAgainAndAgain() async {
        var retry = RetrySchedule(maximumIntervals: Int(settings.maximumRetryInterval / settings.flushInterval))
        while await pause(for: settings.flushInterval) {
            guard retry.tick() else {
                collect()
                continue
            }
            if await flush() { retry.succeeded() } else { retry.failed() }
        }
    }

    private func pruneAgainAndAgain() async {
        guard let retention = settings.retention else { return }
        let start = ContinuousClock.now
        var known: RetentionClock?
        var interval = min(.seconds(60), settings.pruneInterval)
        while await pause(for: interval) {
            interval = settings.pruneInterval
            do {
                var clock: RetentionClock
                if let known { clock = known } else { clock = try await makeRetentionClock() }
                try await prune(retention, by: &clock, elapsed: ContinuousClock.now - start)
                known = clock
            } catch {
                logger.warning("deleting what is older than the retention failed and is tried again: \(error)")
            }
        }
    }

    private func prune(_ retention: Duration, by clock: inout RetentionClock, elapsed: Duration) async throws {
        let time = clock.read(wall: now(), elapsed: elapsed, redisOffsetMilliseconds: takeClockOffset())
        if let ahead = clock.news {
            logger.warning(
                "The clock is ahead of what is recorded; by that difference nothing is deleted until Redis's clock agrees",
                metadata: ["aheadMilliseconds": "\(ahead)"])
        }
        try await store.setReachedTime(clock.reached)
        let deleted = try await store.prune(before: time + -Int64(retention / .milliseconds(1)))
        guard deleted > 0 else { return }
        logger.notice("deleted what was older than the retention", metadata: ["rows": "\(deleted)"])
    }

    private func fitAgainAndAgain() async {
        guard let maximum = settings.maximumBytes else { return }
        while await pause(for: settings.sizeInterval) {
            do {
                let pruning = try await fit(into: maximum)
                guard let since = pruning.keptSince else { continue }
                logger.notice(
                    "deleted the oldest records, since the database had reached RECORD_MAX_BYTES",
                    metadata: ["rows": "\(pruning.deletedRows)", "keptSinceMilliseconds": "\(since.milliseconds)"])
            } catch {
                logger.warning("deleting the oldest records failed and is tried again: \(error)")
            }
        }
    }

    /// - Returns: `false` if the service is to end.
    private func pause(for duration: Duration) async -> Bool {
        try? await cancelWhenGracefulShutdown { [clock] in try await clock.sleep(for: duration) }
        return !Task.isCancelled && !Task.isShuttingDownGracefully
    }
}
