import NIOCore
import Synchronization

/// Wakes all who wait for the next time that something happens.
final class Broadcast: Sendable {
    private struct State {
        var count = 0
        var waiters: [Promise<Void>] = []
    }

    private let state = Mutex(State())
    private let eventLoops: any EventLoopGroup

    init(eventLoops: any EventLoopGroup) {
        self.eventLoops = eventLoops
    }

    /// How often it has happened so far.
    var count: Int { state.withLock { $0.count } }

    func announce() {
        let waiters = state.withLock { state in
            state.count += 1
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters { waiter.settle(()) }
    }

    /// Suspends until it has happened more often than this, or until a deadline, or until the task is cancelled.
    func waitForMore(than count: Int, until deadline: NIODeadline = .distantFuture) async {
        let waiter = Promise<Void>()
        let hasHappened = state.withLock { state in
            guard state.count <= count else { return true }
            // Those whose deadlines have passed are of no use any more.
            if state.waiters.count.isMultiple(of: 64) { state.waiters.removeAll { $0.isSettled } }
            state.waiters.append(waiter)
            return false
        }
        if hasHappened { return }
        let timer =
            deadline == .distantFuture
            ? nil : eventLoops.next().scheduleTask(deadline: deadline) { waiter.settle(()) }
        await withTaskCancellationHandler {
            await waiter.value()
        } onCancel: {
            waiter.settle(())
        }
        timer?.cancel()
    }
}
