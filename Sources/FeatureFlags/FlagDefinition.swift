package import ParallaxCore

/// One of our flags as a flag file defines it, checked.
///
/// Source of the format: the JSON schema at https://flagd.dev/schema/v0/flags.json.
struct FlagDefinition {
    struct Variant {
        let name: String
        let value: FlagValue
    }

    private static let keys = ["state", "variants", "defaultVariant", "targeting", "metadata"]

    let name: FlagName
    let isEnabled: Bool
    /// In the text's order, duplicates included.
    let variants: [Variant]
    /// `nil` if the client's own default is to be used.
    let defaultVariant: String?
    let hasTargeting: Bool
    let unknownKeys: [String]

    /// - Throws: ``FlagDefinitionError`` if other clients of the file could not read the flag either.
    init(_ name: FlagName, node: JSONNode) throws(FlagDefinitionError) {
        guard let members = node.members else {
            throw FlagDefinitionError(.wrongType, flag: name, "it is not an object; make it one")
        }
        self.name = name
        isEnabled = try FlagDefinition.isEnabled(node["state"], of: name)
        variants = try FlagDefinition.variants(node["variants"], of: name)
        defaultVariant = try FlagDefinition.defaultVariant(node["defaultVariant"], of: name)
        hasTargeting = FlagDefinition.isRule(node["targeting"])
        unknownKeys = members.map(\.key).filter { key in !FlagDefinition.keys.contains(key) }
        if let defaultVariant, self[defaultVariant] == nil { throw unknownVariant(defaultVariant) }
    }

    /// A variant's value, that of the last if several have the name.
    subscript(variant: String) -> FlagValue? {
        variants.last { $0.name.utf8.elementsEqual(variant.utf8) }?.value
    }

    /// The value that holds without targeting; `nil` if the file leaves it to the client.
    var value: FlagValue? {
        isEnabled ? defaultVariant.flatMap { self[$0] } : nil
    }

    var notes: [FlagNote] {
        var notes: [FlagNote] = []
        if !isEnabled {
            notes.append(.disabled(name))
        } else if defaultVariant == nil {
            notes.append(.noDefaultVariant(name))
        }
        if hasTargeting { notes.append(.targetingIgnored(name)) }
        return notes + unknownKeys.map { .unknownKey(name, $0) }
    }

    private func unknownVariant(_ variant: String) -> FlagDefinitionError {
        let known = variants.prefix(10).map { DisplayText.quoted($0.name) }.joined(separator: ", ")
        return FlagDefinitionError(
            .unknownVariant, flag: name,
            "its defaultVariant \(DisplayText.quoted(variant)) is not among its variants; name one of \(known) or add it there"
        )
    }
}

// MARK: - The parts

extension FlagDefinition {
    private static func isEnabled(_ node: JSONNode?, of name: FlagName) throws(FlagDefinitionError) -> Bool {
        switch node?.string {
        case "ENABLED": return true
        case "DISABLED": return false
        default:
            throw FlagDefinitionError(
                .wrongType, flag: name, "its state is missing or unknown; write \"ENABLED\" or \"DISABLED\"")
        }
    }

    private static func variants(_ node: JSONNode?, of name: FlagName) throws(FlagDefinitionError) -> [Variant] {
        guard let members = node?.members, !members.isEmpty else {
            throw FlagDefinitionError(
                .wrongType, flag: name, "its variants are missing; write an object such as {\"on\": true}")
        }
        var variants: [Variant] = []
        for member in members {
            variants.append(Variant(name: member.key, value: try value(member, of: name)))
        }
        return variants
    }

    private static func value(_ member: JSONMember, of name: FlagName) throws(FlagDefinitionError) -> FlagValue {
        switch (member.value.value, name.isBoolean) {
        case (.boolean(let value), true):
            return .boolean(value)
        case (.number(let number), false):
            guard (0...100).contains(number) else {
                throw FlagDefinitionError(
                    .outOfRange, flag: name,
                    "its variant \(DisplayText.quoted(member.key)) is outside 0 to 100; write a percentage")
            }
            return .number(number)
        default:
            throw FlagDefinitionError(
                .wrongType, flag: name,
                "its variant \(DisplayText.quoted(member.key)) is not \(name.isBoolean ? "true or false" : "a number"); make it one"
            )
        }
    }

    /// The empty string means no variant, as clients take it.
    private static func defaultVariant(
        _ node: JSONNode?, of name: FlagName
    ) throws(FlagDefinitionError) -> String? {
        switch node?.value {
        case nil, .null: return nil
        case .string(let variant): return variant.isEmpty ? nil : variant
        default:
            throw FlagDefinitionError(
                .wrongType, flag: name, "its defaultVariant is not a string; write a variant's name in quotes")
        }
    }

    private static func isRule(_ node: JSONNode?) -> Bool {
        switch node?.value {
        case nil, .null: false
        case .object(let members): !members.isEmpty
        default: true
        }
    }
}

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
