package import ParallaxCore

/// Why a flag-definition file is invalid or cannot be edited; the message names the flag at fault and the remedy.
package struct FlagDefinitionError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No strict JSON in UTF-8 of at most a mebibyte.
        case notJSON = "not_json"
        /// JSON, but no flag definitions.
        case noFlags = "no_flags"
        /// A part of a flag is missing or of the wrong type.
        case wrongType = "wrong_type"
        /// The default variant is not among the variants.
        case unknownVariant = "unknown_variant"
        /// A percentage outside 0 to 100.
        case outOfRange = "out_of_range"
        /// A key occurs more than once, so that an edit could miss the one that counts.
        case ambiguous
        /// An edit did not give what it should have: our own mistake, caught before anything was written.
        case badEdit = "bad_edit"
    }

    package let code: Code
    /// The flag at fault; `nil` if it is the file as a whole.
    package let flag: FlagName?
    package let message: String

    init(_ code: Code, flag: FlagName? = nil, _ message: String) {
        self.code = code
        self.flag = flag
        self.message = message
    }

    init(_ error: JSONError) {
        switch error {
        case .tooLarge, .notUTF8, .syntax: self.init(.notJSON, error.description)
        case .ambiguous: self.init(.ambiguous, error.description)
        case .notAnObject: self.init(.wrongType, error.description)
        }
    }

    package var description: String {
        flag.map { "flag \($0.rawValue): \(message)" } ?? message
    }
}
