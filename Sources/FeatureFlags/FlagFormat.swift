package import ParallaxCore

/// What the flagd format asks of a whole file, other programs' flags included.
///
/// One fault anywhere and clients that check refuse the file, our flags with it. The rules are those of the public
/// schema (https://flagd.dev/schema/v0/flags.json, JSON Schema draft 7), and of the Python client, which beyond it
/// refuses keys that it does not know in a flag. The inside of targeting rules is not looked at.
enum FlagFormat {
    /// A file that is garbage throughout is told so once, not a thousand times.
    private static let mostNotes = 20
    private static let keys = ["state", "variants", "defaultVariant", "targeting", "metadata", "source", "selector"]

    static func notes(_ root: JSONNode) -> [FlagNote] {
        var faults = metadataFaults(root[FlagDeclaration.metadataKey], of: "the file")
        if let evaluators = root["$evaluators"] { faults += evaluatorFaults(evaluators) }
        for member in root[FlagDefinitionFile.flagsKey]?.members ?? [] {
            faults += flagFaults(member)
        }
        return faults.prefix(mostNotes).map(FlagNote.outsideFormat)
    }

    private static func flagFaults(_ member: JSONMember) -> [String] {
        let name = "flag \(DisplayText.quoted(member.key))"
        guard !member.key.isEmpty else { return ["a flag has an empty name"] }
        guard let members = member.value.members else { return ["\(name) is not an object"] }
        var faults: [String] = []
        if !["ENABLED", "DISABLED"].contains(member.value["state"]?.string) {
            faults.append("\(name) has no state ENABLED or DISABLED")
        }
        faults += variantFaults(member.value["variants"], of: name)
        switch member.value["defaultVariant"]?.value {
        case nil, .null, .string: break
        default: faults.append("\(name) has a defaultVariant that is not a string")
        }
        if let targeting = member.value["targeting"], targeting.members == nil {
            faults.append("\(name) has targeting that is not an object")
        }
        faults += metadataFaults(member.value["metadata"], of: name)
        // Of our own flags the definition tells it already.
        guard FlagName(rawValue: member.key) == nil else { return faults }
        return faults
            + members.filter { !keys.contains($0.key) }.map { "\(name) has a key \(DisplayText.quoted($0.key))" }
    }

    private static func variantFaults(_ node: JSONNode?, of name: String) -> [String] {
        guard let members = node?.members, !members.isEmpty else { return ["\(name) has no variants"] }
        var faults: [String] = []
        if members.contains(where: { $0.key.isEmpty }) { faults.append("\(name) has a variant with an empty name") }
        let kinds = Set(members.map { kind(of: $0.value) })
        if kinds.count > 1 || !["boolean", "number", "string", "object"].contains(kinds.first) {
            faults.append("\(name) has variants that are not all booleans, numbers, strings or objects")
        }
        return faults
    }

    private static func metadataFaults(_ node: JSONNode?, of name: String) -> [String] {
        guard let node else { return [] }
        guard let members = node.members else { return ["\(name) has metadata that is not an object"] }
        return members.compactMap { member in
            if member.key.isEmpty { return "\(name) has metadata with an empty name" }
            if ["boolean", "number", "string"].contains(kind(of: member.value)) { return nil }
            return "\(name) has metadata \(DisplayText.quoted(member.key)) that is not a boolean, number or string"
        }
    }

    private static func evaluatorFaults(_ node: JSONNode) -> [String] {
        guard let members = node.members else { return ["\"$evaluators\" is not an object"] }
        return members.filter { $0.key.isEmpty || $0.value.members == nil }
            .map { "\"$evaluators\" has a rule \(DisplayText.quoted($0.key)) that is not an object or has no name" }
    }

    private static func kind(of node: JSONNode) -> String {
        switch node.value {
        case .object: "object"
        case .array: "array"
        case .string: "string"
        case .number: "number"
        case .boolean: "boolean"
        case .null: "null"
        }
    }
}

/// Something in the flags that is not an error but that operators of a migration should know. Shown in health.
package enum FlagNote: Hashable, Sendable, CustomStringConvertible {
    case missing(FlagName)
    case disabled(FlagName)
    case noDefaultVariant(FlagName)
    case targetingIgnored(FlagName)
    case unknownKey(FlagName, String)
    /// Something that no flag of ours is touched by, and for which other clients refuse the whole file.
    case outsideFormat(String)
    /// The environment's value is safer than the file's and wins.
    case environmentWins(FlagName)
    case failOpenInProduction

    package var description: String {
        switch self {
        case .missing(let flag):
            "\(flag.rawValue) is not in the file: the environment's value or the default holds"
        case .disabled(let flag):
            "\(flag.rawValue) is DISABLED in the file: the environment's value or the default holds"
        case .noDefaultVariant(let flag):
            "\(flag.rawValue) has no defaultVariant: the environment's value or the default holds"
        case .targetingIgnored(let flag):
            "\(flag.rawValue) has targeting rules: other clients follow them, Parallax uses defaultVariant"
        case .unknownKey(let flag, let key):
            "\(flag.rawValue) has a key \(DisplayText.quoted(key)) outside the flagd format: some clients refuse the whole file"
        case .outsideFormat(let fault):
            "\(fault), which is outside the flagd format: some clients refuse the whole file"
        case .environmentWins(let flag):
            "\(flag.rawValue)=false in the environment wins over the file: unset it and restart to let the file decide"
        case .failOpenInProduction:
            "\(FlagName.failOpen.rawValue) is on in the file but has no effect in production"
        }
    }
}
