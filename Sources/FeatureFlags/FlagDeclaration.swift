import Foundation
import ParallaxCore

/// Who changed a flag file, why and when, as the file's own metadata says.
///
/// The flagd format allows plain values in the metadata of the whole file; keys of our own in a flag would make other
/// clients refuse the file.
package struct FlagDeclaration: Equatable, Sendable {
    /// The longest `by`, in Unicode scalars; more is cut off.
    package static let longestName = 100
    /// The longest reason, in Unicode scalars; more is cut off.
    package static let longestReason = 1000

    package let by: String
    package let reason: String
    /// An RFC 3339 time, as text.
    package let changedAt: String
    /// The fence's number that the change was made under; `nil` if it was made under none.
    package let number: Int64?

    /// Takes names and reasons as anyone wrote them: control characters become spaces, and what is too long is cut.
    package init(by: String, reason: String, changedAt: String, number: Int64? = nil) {
        self.number = number
        self.by = FlagDeclaration.plain(by, atMost: FlagDeclaration.longestName)
        self.reason = FlagDeclaration.plain(reason, atMost: FlagDeclaration.longestReason)
        self.changedAt = FlagDeclaration.plain(changedAt, atMost: FlagDeclaration.longestName)
    }

    /// Whether a person made the change, with a command of ours: the service's own names are `parallax` and those that begin
    /// with `parallax-`, and no command takes such a name for a person.
    package var isByPerson: Bool { !FlagDeclaration.isOwnName(by) }

    /// Whether the service itself writes under this name.
    package static func isOwnName(_ name: String) -> Bool { name == "parallax" || name.hasPrefix("parallax-") }

    private static func plain(_ text: String, atMost limit: Int) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format: plain.append(" ")
            default: plain.append(scalar)
            }
        }
        let words = plain.split(separator: " ", omittingEmptySubsequences: true)
        return words.map { String($0) }.joined(separator: " ")
    }
}

extension FlagDeclaration {
    static let metadataKey = "metadata"
    private static let byKey = "parallax.changedBy"
    private static let reasonKey = "parallax.reason"
    private static let changedAtKey = "parallax.changedAt"
    private static let numberKey = "parallax.number"

    /// The declaration that a file's metadata holds; `nil` if it is incomplete.
    init?(metadata: JSONNode?) {
        guard let by = metadata?[FlagDeclaration.byKey]?.string,
            let reason = metadata?[FlagDeclaration.reasonKey]?.string,
            let changedAt = metadata?[FlagDeclaration.changedAtKey]?.string
        else { return nil }
        self.init(by: by, reason: reason, changedAt: changedAt, number: FlagDeclaration.number(metadata: metadata))
    }

    private static func number(metadata: JSONNode?) -> Int64? {
        guard case .number(let number) = metadata?[numberKey]?.value else { return nil }
        return Int64(exactly: number)
    }

    /// The entries of the metadata that make up this declaration.
    var metadata: [JSONValue.Member] {
        var entries: [JSONValue.Member] = [
            .init(FlagDeclaration.byKey, .string(by)),
            .init(FlagDeclaration.reasonKey, .string(reason)),
            .init(FlagDeclaration.changedAtKey, .string(changedAt)),
        ]
        if let number { entries.append(.init(FlagDeclaration.numberKey, .number(Double(number)))) }
        return entries
    }
}

extension FlagDeclaration {
    private static var style: Date.ISO8601FormatStyle { .init(includingFractionalSeconds: true) }

    init(by: String, reason: String, at time: Timestamp, number: Int64? = nil) {
        // The milliseconds by themselves: as a fraction of a second, formatting would cut some of them to one less.
        let milliseconds = ((time.milliseconds % 1000) + 1000) % 1000
        let second = Date(timeIntervalSince1970: Double((time.milliseconds - milliseconds) / 1000))
        let digits = String(1000 + milliseconds).dropFirst()
        self.init(
            by: by, reason: reason, changedAt: "\(second.formatted(.iso8601).dropLast()).\(digits)Z", number: number)
    }

    /// When the change was made; `nil` if the text is no such time.
    var time: Timestamp? {
        guard let date = try? FlagDeclaration.style.parse(changedAt) else { return nil }
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
