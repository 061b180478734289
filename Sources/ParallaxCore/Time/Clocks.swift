import Glibc

/// The two clocks that a decision needs, passed in so that time can be virtual.
///
/// ``system`` is the one place where the product reads the operating system's clocks.
package struct Clocks: Sendable {
    /// The time of day: what limits count by.
    package let now: @Sendable () -> Timestamp
    /// Time since some fixed instant, on a monotonic clock: what durations are measured by.
    package let uptime: @Sendable () -> Duration

    package init(now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration) {
        self.now = now
        self.uptime = uptime
    }

    /// Milliseconds by which a unit must be ahead of the time of a decision to prove that the clock stepped back.
    ///
    /// Decisions that overtake each other, and corrections by which a clock is set every day, stay far below it. The
    /// script in Redis has the same number.
    package static let stepMilliseconds: Int64 = 10_000
}

// MARK: - The operating system's clocks

extension Clocks {
    /// The operating system's clocks.
    package static let system = Clocks(now: { .now() }, uptime: { uptime(CLOCK_MONOTONIC) })

    /// The operating system's clocks, with an uptime that goes on while the machine sleeps.
    package static let systemWithSleep = Clocks(now: { .now() }, uptime: { uptime(CLOCK_BOOTTIME) })

    private static func uptime(_ clock: clockid_t) -> Duration {
        let time = read(clock)
        return Duration(secondsComponent: time.seconds, attosecondsComponent: time.nanoseconds * 1_000_000_000)
    }

    /// What `clock_gettime` gives, as 64-bit Linux lays a `timespec` out.
    fileprivate static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
        // Its fields are not named: the compiler looks for them in another module, depending on what is compiled next to
        // this file, and wants that one imported.
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
            clock_gettime(clock, time.baseAddress!)
            let fields = UnsafeRawPointer(time.baseAddress!)
            return (fields.load(as: Int64.self), fields.load(fromByteOffset: 8, as: Int64.self))
        }
    }
}

extension Timestamp {
    /// The time of the operating system's clock.
    package static func now() -> Timestamp {
        let time = Clocks.read(CLOCK_REALTIME)
        return Timestamp(milliseconds: time.seconds * 1000 + time.nanoseconds / 1_000_000)
    }
}

extension Clock<Duration> {
    /// Does something over and over until the task is cancelled, with a pause after each time.
    package func repeating(pausing pause: Duration = .seconds(1), _ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            do { try await sleep(for: pause) } catch { return }
        }
    }
}
