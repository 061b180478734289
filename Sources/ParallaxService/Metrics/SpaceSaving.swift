/// The most frequent of many elements, counted in bounded space.
///
/// With m counters and n elements seen, a count is too high by at most its `overestimate`, which is at most n / m; and
/// whatever was seen more than n / m times is kept.
///
/// Source: Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams (2005).
package struct SpaceSaving<Element: Hashable & Sendable>: Sendable {
    package struct Entry: Sendable {
        package let element: Element
        /// How often it was seen, at most.
        package fileprivate(set) var count: Int
        /// How much of the count may belong to elements that it replaced.
        package fileprivate(set) var overestimate: Int
    }

    private let capacity: Int
    private var entries: [Entry] = []
    private var places: [Element: Int] = [:]

    /// - Parameter capacity: How many elements are kept, at least 1.
    package init(capacity: Int) {
        precondition(capacity >= 1, "counting needs a counter")
        self.capacity = capacity
    }

    package mutating func count(_ element: Element) {
        if let place = places[element] {
            entries[place].count += 1
        } else if entries.count < capacity {
            places[element] = entries.count
            entries.append(Entry(element: element, count: 1, overestimate: 0))
        } else {
            replaceRarest(with: element)
        }
    }

    package mutating func forget(_ element: Element) {
        guard let place = places.removeValue(forKey: element) else { return }
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.element] = place
    }

    /// The most frequent elements, most first.
    package func top(_ limit: Int) -> [Entry] {
        Array(entries.sorted { $0.count > $1.count }.prefix(max(0, limit)))
    }

    private mutating func replaceRarest(with element: Element) {
        let place = entries.indices.min { entries[$0].count < entries[$1].count }!
        let rarest = entries[place]
        places[rarest.element] = nil
        places[element] = place
        entries[place] = Entry(element: element, count: rarest.count + 1, overestimate: rarest.count)
    }
}
