import ParallaxCore
import Synchronization

/// Whether every reset is received, and which answers are older than the last one.
///
/// Resets come over a subscription. Messages and answers to PING share its connection and keep their order, so an
/// answer proves that all resets before the PING have been heard. The trust that it gives lasts for a lease: a
/// connection that is dead and does not say so is trusted no longer.
struct ResetWatch: ~Copyable, Sendable {
    /// A moment in the order of resets.
    typealias ClockReading = Int

    private static let untrusted = Int64.min

    private let lease: Duration
    /// Changes with every reset, and whenever resets begin or cease to be received.
    private let moment = Atomic<ClockReading>(0)
    /// Until when the subscription is trusted, in nanoseconds of the owner's clock.
    private let trustedUntil = Atomic<Int64>(ResetWatch.untrusted)

    init(lease: Duration) {
        self.lease = lease
    }

    /// The moment to remember before Redis is asked: its answer may be kept only while no other has come.
    var now: ClockReading { moment.load(ordering: .sequentiallyConsistent) }

    func isTrusted(at time: Duration) -> Bool {
        time.nanoseconds < trustedUntil.load(ordering: .acquiring)
    }

    /// Notes that the subscription was alive when it was asked.
    func heard(askedAt time: Duration) {
        let until = (time + lease).nanoseconds
        guard trustedUntil.exchange(until, ordering: .acquiringAndReleasing) == ResetWatch.untrusted else { return }
        // Resets from before are unknown, and so are answers to questions from before.
        next()
    }

    /// Notes that the subscription has ended.
    func lost() {
        trustedUntil.store(ResetWatch.untrusted, ordering: .releasing)
        next()
    }

    /// Notes that an identity was reset. To be called before what is kept of it is removed.
    func next() {
        moment.add(1, ordering: .sequentiallyConsistent)
    }
}

extension Duration {
    /// Whole nanoseconds; a clock that counts from a start stays within 64 bits for three centuries.
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
