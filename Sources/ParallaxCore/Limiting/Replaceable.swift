import Synchronization

/// A value that is replaced as a whole while others read it: a reader sees the old one or the new one, never a mixture.
package final class Replaceable<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    package init(_ value: Value) {
        self.value = Mutex(value)
    }

    package var current: Value { value.withLock { $0 } }

    package func replace(with value: Value) {
        self.value.withLock { $0 = value }
    }

    /// Reads a part of the current value without a copy of the whole. The body must not wait.
    package func read<Part: Sendable>(_ body: (borrowing Value) -> Part) -> Part {
        value.withLock { body($0) }
    }
}

extension Replaceable: Equatable where Value: Equatable {
    package static func == (left: Replaceable, right: Replaceable) -> Bool { left.current == right.current }
}
