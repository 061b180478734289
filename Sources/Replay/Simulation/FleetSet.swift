/// Some of the fleets of a simulation, by their places.
struct FleetSet: Equatable, Sendable {
    static let maximumCount = 32

    private(set) var bits: UInt32 = 0

    var isEmpty: Bool { bits == 0 }

    mutating func insert(_ place: Int) { bits |= 1 << UInt32(place) }

    func contains(_ place: Int) -> Bool { bits & 1 << UInt32(place) != 0 }

    /// Calls `body` with the places from the lowest up.
    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        var rest = bits
        while rest != 0 {
            body(rest.trailingZeroBitCount)
            rest &= rest - 1
        }
    }
}
