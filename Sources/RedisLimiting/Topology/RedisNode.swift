import Logging
import NIOCore

/// One server that is asked for decisions: its client, and the breaker that spares it while it fails.
///
/// A server that takes another's place begins with a breaker of its own, so that no one waits for the old one's.
final class RedisNode: Sendable {
    let address: NodeAddress
    let client: RedisClient
    let breaker: BreakerDriver
    private let stop = Eventual<Void>()

    init(address: NodeAddress, client: RedisClient, breaker: BreakerDriver) {
        self.address = address
        self.client = client
        self.breaker = breaker
    }

    /// Whether commands can be sent at once.
    var isConnected: Bool { client.load.connections > 0 }

    /// Keeps it connected until it is closed or the task is cancelled; those who wait get their answers first.
    ///
    /// - Parameter work: Runs next to it and is cancelled when it ends.
    func run(beside work: @escaping @Sendable (RedisNode) async -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.client.run() }
            group.addTask { await work(self) }
            await withTaskCancellationHandler {
                await stop.value()
            } onCancel: {
                close()
            }
            group.cancelAll()
        }
    }

    /// Ends ``run(next to:)``.
    func close() {
        stop.settle(())
    }
}
