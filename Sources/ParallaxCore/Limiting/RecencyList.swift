/// Places in the order of their last use: a doubly linked list in one array, eight bytes a place.
///
/// Kept apart from what the places hold, so that moving one touches little memory.
struct RecencyList: Sendable {
    private struct Link {
        var newer: UInt32
        var older: UInt32
    }

    private static let end = UInt32.max

    private var links: [Link] = []
    private var newest = Self.end
    private var oldest = Self.end

    /// The place used longest ago; `nil` where the list is empty.
    var oldestPlace: Int? { oldest == Self.end ? nil : Int(oldest) }

    /// Puts a place that is not in the list in front.
    mutating func insert(_ place: Int) {
        while links.count <= place { links.append(Link(newer: Self.end, older: Self.end)) }
        link(UInt32(place))
    }

    /// Moves a place to the front.
    mutating func touch(_ place: Int) {
        let place = UInt32(place)
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    mutating func remove(_ place: Int) { unlink(UInt32(place)) }

    private mutating func link(_ place: UInt32) {
        links[Int(place)] = Link(newer: Self.end, older: newest)
        if newest != Self.end { links[Int(newest)].newer = place }
        newest = place
        if oldest == Self.end { oldest = place }
    }

    private mutating func unlink(_ place: UInt32) {
        let link = links[Int(place)]
        if link.newer == Self.end { newest = link.older } else { links[Int(link.newer)].older = link.older }
        if link.older == Self.end { oldest = link.newer } else { links[Int(link.older)].newer = link.newer }
    }

    /// Bytes on the heap for so many places.
    static func heapBytes(places: Int) -> Int { HeapBytes.array(of: places, stride: MemoryLayout<Link>.stride) }
}
