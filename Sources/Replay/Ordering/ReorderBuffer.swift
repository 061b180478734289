import DequeModule
import HeapModule
package import ParallaxCore

/// Puts in order what comes nearly in order of time, holding back no more than a window of it.
///
/// What is earlier than the latest time seen by more than the window cannot be put where it belongs: it counts as of the
/// latest time seen. What has the same time stays in the order in which it came.
package struct ReorderBuffer<Element> {
    private struct Entry: Comparable {
        let time: Timestamp
        let number: Int
        let element: Element

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.number < right.number
        }
    }

    package private(set) var tally = ReorderTally()
    /// The latest time seen; `nil` before the first.
    package private(set) var latest: Timestamp?
    private let windowMilliseconds: Int64
    /// What came no earlier than anything before it: in order already, so that most elements never see the heap.
    private var inOrder: Deque<Entry> = []
    private var stragglers = Heap<Entry>()
    private var inserted = 0

    package init(windowMilliseconds: Int64) {
        precondition(windowMilliseconds >= 0, "a window cannot be negative")
        self.windowMilliseconds = windowMilliseconds
    }

    /// Elements held back.
    package var count: Int { inOrder.count + stragglers.count }

    package mutating func insert(_ element: Element, at time: Timestamp) {
        let latest = latest ?? time
        let isTooLate = time < latest + -windowMilliseconds
        let entry = Entry(time: isTooLate ? latest : time, number: inserted, element: element)
        inserted += 1
        if entry.time < latest {
            tally.putInOrder += 1
            stragglers.insert(entry)
        } else {
            if isTooLate { tally.tooLate += 1 }
            inOrder.append(entry)
            self.latest = entry.time
        }
    }

    /// The next element in order that nothing still to come can precede; `nil` if there is none yet.
    package mutating func next() -> (element: Element, time: Timestamp)? {
        guard let latest else { return nil }
        return pop(through: latest + -windowMilliseconds)
    }

    /// The next element in order, once nothing more comes.
    package mutating func last() -> (element: Element, time: Timestamp)? {
        pop(through: Timestamp(milliseconds: .max))
    }

    private mutating func pop(through end: Timestamp) -> (element: Element, time: Timestamp)? {
        let first = inOrder.first
        if let straggler = stragglers.min, first.map({ straggler < $0 }) ?? true {
            guard straggler.time <= end else { return nil }
            stragglers.removeMin()
            return (straggler.element, straggler.time)
        }
        guard let first, first.time <= end else { return nil }
        inOrder.removeFirst()
        return (first.element, first.time)
    }
}

/// How much of what came was out of order.
package struct ReorderTally: Equatable, Sendable {
    /// Earlier than something before them, and put where they belong.
    package var putInOrder = 0
    /// Earlier than the window reaches back, and judged at the latest time seen.
    package var tooLate = 0

    package init(putInOrder: Int = 0, tooLate: Int = 0) {
        self.putInOrder = putInOrder
        self.tooLate = tooLate
    }
}
