import NIOCore
import Synchronization

/// Lets many tasks ask for a look at the topology, and wakes the one that looks.
final class RefreshDriver: Sendable {
    private struct State {
        var schedule: RefreshSchedule
        var suspect: NodeAddress?
    }

    private let state: Mutex<State>
    private let wanted: Announcement

    init(schedule: RefreshSchedule, eventLoops: any EventLoopGroup) {
        state = Mutex(State(schedule: schedule))
        wanted = Announcement(eventLoops: eventLoops)
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
