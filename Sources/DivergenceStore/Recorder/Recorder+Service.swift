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
            async let byAge: Void = pruneRepeatedly()
            async let bySize: Void = fitRepeatedly()
            _ = await (byAge, bySize)
        }
        await withTaskCancellationHandler {
            await flushRepeatedly()
        } onCancel: {
            pruning.cancel()
        }
        pruning.cancel()
        // Before waiting for whatever is being deleted: what was recorded must not wait for that.
        let isWritten = await flush()
        await pruning.value
        if isWritten {
            // Without the note a copy of the file looks incomplete, and nothing is lost.
            try? await markClosed()
            return
        }
        let lost = health
        logger.error(
            "ended with records that could not be written: \(lost.lastError ?? "")",
            metadata: [
                "comparisons": "\(lost.pendingComparisons)", "rows": "\(lost.pendingRows)",
            ])
    }

    private func flushRepeatedly() async {
        var retry = RetrySchedule(maximumIntervals: Int(settings.maximumRetryInterval / settings.flushInterval))
        while await pause(for: settings.flushInterval) {
            guard retry.tick() else {
                collect()
                continue
            }
            if await flush() { retry.succeeded() } else { retry.failed() }
        }
    }

    private func pruneRepeatedly() async {
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
        if let ahead = clock.newlyAheadMilliseconds {
            logger.warning(
                "The clock is ahead of what is recorded; by that difference nothing is deleted until Redis's clock agrees",
                metadata: ["aheadMilliseconds": "\(ahead)"])
        }
        try await store.setReachedTime(clock.reached)
        let deleted = try await store.prune(before: time + -Int64(retention / .milliseconds(1)))
        guard deleted > 0 else { return }
        logger.notice("deleted what was older than the retention", metadata: ["rows": "\(deleted)"])
    }

    private func fitRepeatedly() async {
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

/// When to try again after failed writes: after 1, 2, 4 ... intervals, up to a longest pause.
struct RetrySchedule: Equatable, Sendable {
    private let maximumIntervals: Int
    private var pause = 0
    private var remaining = 0

    init(maximumIntervals: Int) {
        self.maximumIntervals = max(1, maximumIntervals)
    }

    /// One interval has passed.
    ///
    /// - Returns: Whether to try now.
    mutating func tick() -> Bool {
        remaining = max(0, remaining - 1)
        return remaining == 0
    }

    mutating func failed() {
        pause = min(max(1, pause * 2), maximumIntervals)
        remaining = pause
    }

    mutating func succeeded() {
        pause = 0
        remaining = 0
    }
}
