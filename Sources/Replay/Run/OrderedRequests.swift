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
    package private(set) var failure: ReplayError?

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
