import DequeModule
import HeapModule
package import ParallaxCore

/// The requests of an access log in the order of their times, each with the identity that is limited.
package struct OrderedRequests {
    /// Gives another identity instead of one, such as a pseudonym.
    package typealias Renaming = (Identity) -> Identity

    private let reader: AccessLogReader
    private let identification: LogIdentification
    private let organization: String
    private let renaming: Renaming?
    private var buffer: ReorderBuffer<Identity>
    private var hasEnded = false
    /// Why the log ended before its end.
    package private(set) var failure: AccessLogError?

    /// - Parameters:
    ///   - organization: The organization of all clients.
    ///   - reorderMilliseconds: How far lines may be from their place.
    package init(
        reader: AccessLogReader, identification: LogIdentification = .client,
        organization: String = Identity.globalOrganization, reorderMilliseconds: Int64 = 300_000,
        renaming: Renaming? = nil
    ) {
        self.reader = reader
        self.identification = identification
        self.organization = organization
        self.renaming = renaming
        buffer = ReorderBuffer(windowMilliseconds: reorderMilliseconds)
    }

    package var log: AccessLogTally { reader.tally }
    package var order: ReorderTally { buffer.tally }
    /// How much of the log has been read, from 0 to 1; `nil` if no one knows how much there is.
    package var fraction: Double? { reader.fraction }

    /// The next request; `nil` at the end, also if the log could not be read to it: ``failure`` then says why.
    ///
    /// - Throws: ``IdentityError`` if the organization is none.
    package mutating func next() throws(IdentityError) -> (identity: Identity, time: Timestamp)? {
        while true {
            if let ready = buffer.next() { return (ready.element, ready.time) }
            guard !hasEnded, let entry = read() else { return buffer.last().map { ($0.element, $0.time) } }
            let identity = try Identity(
                organization: organization, identifier: identification.identifier(of: entry))
            buffer.insert(renaming?(identity) ?? identity, at: entry.time)
        }
    }

    private mutating func read() -> AccessLogEntry? {
        do {
            if let entry = try reader.next() { return entry }
        } catch {
            failure = error
        }
        hasEnded = true
        return nil
    }
}

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
