import Synchronization

/// One at a time puts ASKING and a command on their way, so that each ASKING stands right before its own command.
///
/// Nothing else goes over such a connection: an ASKING whose command was never sent stands before the next ASKING.
final class AskingTurn: Sendable {
    private let turn = Mutex<Void>(())

    func take(_ body: () -> Void) {
        turn.withLock { _ in body() }
    }
}
