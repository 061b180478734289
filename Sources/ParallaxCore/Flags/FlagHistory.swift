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
