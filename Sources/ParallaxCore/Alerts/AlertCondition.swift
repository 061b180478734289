/// A condition that makes an alert, with two delays so that the alert does not flap: it begins once the condition has held
/// for a while, and ends once it has not held for a while.
struct AlertCondition: Equatable, Sendable {
    private let afterMilliseconds: Int64
    private let clearMilliseconds: Int64
    /// When the condition began to hold; `nil` while it does not.
    private var holdsSince: ClockReading?
    /// When it last held, while the alert lasts.
    private var lastHeld: ClockReading?
    /// Since when the alert lasts; `nil` without one.
    private(set) var startsAt: Timestamp?

    /// - Parameters:
    ///   - afterSeconds: How long it must hold before the alert begins; 0 for at once.
    ///   - clearSeconds: How long it must not hold before the alert ends; 0 for at once.
    init(afterSeconds: Int = 0, clearSeconds: Int = 0) {
        afterMilliseconds = Int64(afterSeconds) * 1000
        clearMilliseconds = Int64(clearSeconds) * 1000
    }

    /// Takes in whether the condition holds.
    ///
    /// - Returns: Since when the alert lasts; `nil` without one.
    mutating func update(_ holds: Bool, at now: ClockReading) -> Timestamp? {
        guard holds else {
            holdsSince = nil
            if let last = lastHeld, now.steadyMilliseconds - last.steadyMilliseconds >= clearMilliseconds {
                (startsAt, lastHeld) = (nil, nil)
            }
            return startsAt
        }
        let since = holdsSince ?? now
        holdsSince = since
        if startsAt == nil, now.steadyMilliseconds - since.steadyMilliseconds >= afterMilliseconds {
            startsAt = since.wall
        }
        if startsAt != nil { lastHeld = now }
        return startsAt
    }
}
