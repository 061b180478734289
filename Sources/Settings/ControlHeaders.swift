package import HTTPTypes
import ParallaxCore

/// The headers in which a trusted proxy reports what its own limiter said of a request; none unless they are named.
package struct ControlHeaders: Equatable, Sendable {
    /// A field of a report, by its name in the body of a check.
    package enum Field: String, CaseIterable, Sendable {
        case allowed
        case limitedBy = "limited_by"
        case remaining
        case limit
        case retryAfterMilliseconds = "retry_after_ms"
        case instance
        case judgedAt = "at_ms"
        case isFinal = "final"
        case requestID = "request_id"
    }

    /// The header of each field that one is named for.
    package let names: [Field: HTTPField.Name]

    package init(_ names: [Field: HTTPField.Name] = [:]) {
        self.names = names
    }

    package var isEmpty: Bool { names.isEmpty }

    /// Whether the fields can be read: nothing else counts without `allowed`.
    package var isComplete: Bool { names[.allowed] != nil || names.keys.allSatisfy { $0 == .requestID } }

    /// A field and its header, written `allowed=X-Legacy-Allowed`; `nil` if it is neither.
    static func parse(_ text: String) -> (Field, HTTPField.Name)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.trimmed }
        guard parts.count == 2, let field = Field(rawValue: parts[0]), let name = HTTPField.Name(parts[1]),
            !SettingsCheck.reservedHeaders.contains(parts[1].lowercased())
        else { return nil }
        return (field, name)
    }
}

/// The policy's name of a window by the one that callers' own limiters report.
enum WindowName {
    /// A caller's name and the policy's, written `per_minute=minute`; `nil` if the text is nothing like that.
    static func parse(_ text: String) -> (String, String)? {
        guard let sign = text.lastIndex(of: "=") else { return nil }
        let (name, window) = (text[..<sign].trimmed, text[text.index(after: sign)...].trimmed)
        guard (1...ReportedVerdict.maximumTextBytes).contains(name.utf8.count), !window.isEmpty else { return nil }
        return (name, window)
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
