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
