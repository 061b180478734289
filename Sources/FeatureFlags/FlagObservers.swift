import Synchronization
import ParallaxCore

/// The observers of a flag store's events.
final class FlagObservers: Sendable {
    private let observers = Mutex<[@Sendable (FlagEvent) -> Void]>([])

    func add(_ observer: @escaping @Sendable (FlagEvent) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    func tell(_ event: FlagEvent) {
        for observer in observers.withLock({ $0 }) { observer(event) }
    }
}
