import NIOCore
import Synchronization

/// When to look at the topology next: from time to time, and soon after something went wrong, but not ever faster. A value.
struct RefreshSchedule: Sendable {
    /// When the next look is due.
    private(set) var due: NIODeadline
    /// Looks are never closer together than until here.
    private var earliest: NIODeadline
    private var isWanted = false
    private var backoff: Backoff
    private let interval: TimeAmount

    /// Makes a schedule whose first look is due at once.
    ///
    /// - Parameters:
    ///   - interval: The time between looks while nothing is wrong.
    ///   - delays: The time between looks while something is: doubled from the shortest to the longest.
    init(interval: Duration, delays: ClosedRange<Duration>, now: NIODeadline) {
        self.interval = TimeAmount(interval)
        backoff = Backoff(delays: delays)
        due = now
        earliest = now
    }

    /// Something happened that a look may explain.
    mutating func want() {
        isWanted = true
        due = min(due, earliest)
    }

    /// A look begins; what happens from now on it may not see.
    ///
    /// - Returns: Whether anyone had wanted it.
    mutating func began() -> Bool {
        defer { isWanted = false }
        return isWanted
    }

    /// A look has ended.
    ///
    /// - Parameters:
    ///   - isSettled: Whether all is well, so that the next look has time.
    ///   - wasWanted: What ``began()`` said.
    mutating func ended(
        isSettled: Bool, wasWanted: Bool, now: NIODeadline, using generator: inout some RandomNumberGenerator
    ) {
        if isSettled, !wasWanted { backoff.reset() }
        earliest = now + TimeAmount(backoff.delay(using: &generator))
        due = isSettled && !isWanted ? max(now + interval, earliest) : earliest
    }
}

/// Lets many tasks ask for a look at the topology, and wakes the one that looks.
final class RefreshDriver: Sendable {
    private struct State {
        var schedule: RefreshSchedule
        var suspect: NodeAddress?
    }

    private let state: Mutex<State>
    private let wanted: Broadcast

    init(schedule: RefreshSchedule, eventLoops: any EventLoopGroup) {
        state = Mutex(State(schedule: schedule))
        wanted = Broadcast(eventLoops: eventLoops)
    }

    /// When the next look is due.
    var due: NIODeadline { state.withLock { $0.schedule.due } }

    /// Asks for a look soon.
    ///
    /// - Parameter suspect: The server that gave reason to.
    func want(suspecting suspect: NodeAddress? = nil) {
        state.withLock { state in
            state.schedule.want()
            state.suspect = suspect ?? state.suspect
        }
        wanted.announce()
    }

    /// Suspends until a look is due, or the task is cancelled.
    func waitUntilDue() async {
        while !Task.isCancelled {
            let count = wanted.count
            let due = self.due
            guard due > .now() else { return }
            await wanted.waitForMore(than: count, until: due)
        }
    }

    /// Begins a look.
    func began() -> (wasWanted: Bool, suspect: NodeAddress?) {
        state.withLock { state in (state.schedule.began(), state.suspect.take()) }
    }

    /// Ends a look.
    func ended(isSettled: Bool, wasWanted: Bool) {
        state.withLock { state in
            // Made here: ThreadSanitizer reads the address of a captured generator, which has no size and no place.
            var random = SystemRandomNumberGenerator()
            state.schedule.ended(isSettled: isSettled, wasWanted: wasWanted, now: .now(), using: &random)
        }
    }
}
