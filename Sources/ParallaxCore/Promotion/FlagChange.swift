/// One change of the flag file: who, when, why, from what to what.
package struct FlagChange: Codable, Equatable, Sendable {
    /// The name of a writer that did not say who it is.
    package static let unknownWriter = "unknown"

    /// When it was made, as its writer declares, or when it was seen if no one did.
    package let time: Timestamp
    /// A person, `parallax-evaluator`, or `unknown` if another program wrote the file without saying.
    package let by: String
    package let reason: String
    /// The values before; `nil` for the first file ever seen.
    package let from: FlagValues?
    package let to: FlagValues
    /// The SHA-256 of the file's content after the change, in lower-case hexadecimal: the same change seen twice has
    /// the same one.
    package let contentHash: String

    package init(time: Timestamp, by: String, reason: String, from: FlagValues?, to: FlagValues, contentHash: String) {
        self.time = time
        self.by = by
        self.reason = reason
        self.from = from
        self.to = to
        self.contentHash = contentHash
    }
}

/// Where every change of the flag file is kept.
///
/// Called from the queue that reads and writes the file, never on a request's path; it may block.
package protocol FlagHistory: Sendable {
    /// Keeps a change.
    ///
    /// All instances of a file offer every change they see, and the writer offers it before it shows.
    ///
    /// - Returns: `false` if it is known: where the newest change kept leaves the same content (the same
    ///   `contentHash`), or any has the same content and the same time, as an instance that lags behind offers it. The
    ///   same content at another time is another change: files go back and forth.
    func append(_ change: FlagChange) throws -> Bool

    /// The newest change kept; `nil` if there is none.
    func newest() throws -> FlagChange?
}
