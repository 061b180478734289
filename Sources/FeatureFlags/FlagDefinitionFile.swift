package import ParallaxCore

/// The text of a flag file in the open flagd flag-definition format, read and checked.
///
/// Source of the format: https://flagd.dev/reference/flag-definitions/ and the JSON schema named there. Flags that are not
/// ours are neither looked at nor changed.
package struct FlagDefinitionFile: Equatable, Sendable {
    package static let maximumBytes = JSONDocument.maximumBytes
    static let flagsKey = "flags"

    /// What the file says, and the fallback's value where it leaves a flag to its clients.
    package let values: FlagValues
    package let notes: [FlagNote]
    /// Who last changed the file through Parallax; other programs leave it as it was.
    package let declaration: FlagDeclaration?
    let document: JSONDocument
    let fallback: FlagValues

    package var bytes: [UInt8] { document.bytes }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - fallback: The values of flags that are missing, disabled or without a default variant.
    /// - Throws: ``FlagDefinitionError`` naming the flag at fault.
    package init(parsing bytes: [UInt8], fallback: FlagValues) throws(FlagDefinitionError) {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes) } catch { throw FlagDefinitionError(error) }
        try self.init(document, fallback: fallback)
    }

    init(_ document: JSONDocument, fallback: FlagValues) throws(FlagDefinitionError) {
        guard document.root.members != nil else {
            throw FlagDefinitionError(.noFlags, "the file is not an object; write {\"flags\": {}} at least")
        }
        guard let flags = document.root[FlagDefinitionFile.flagsKey], flags.members != nil else {
            throw FlagDefinitionError(.noFlags, "the file has no object \"flags\"; add one")
        }
        let metadata = document.root[FlagDeclaration.metadataKey]
        guard metadata == nil || metadata?.members != nil else {
            throw FlagDefinitionError(.wrongType, "\"metadata\" is not an object; make it one or remove it")
        }
        var values = fallback
        var notes: [FlagNote] = []
        for name in FlagName.allCases {
            guard let node = flags[name.rawValue] else {
                notes.append(.missing(name))
                continue
            }
            let definition = try FlagDefinition(name, node: node)
            if let value = definition.value { values[name] = value }
            notes += definition.notes
        }
        self.values = values
        self.notes = notes + FlagFormat.notes(document.root)
        self.declaration = FlagDeclaration(metadata: metadata)
        self.document = document
        self.fallback = fallback
    }
}

extension FlagDefinitionFile {
    private static let schema = "https://flagd.dev/schema/v0/flags.json"
    /// The shares that a migration usually goes through, ready to be chosen by hand.
    private static let usualPercentages: [Double] = [0, 1, 10, 50, 100]

    /// A new file that says these values, written as a person would.
    ///
    /// - Parameter values: A percentage outside 0 to 100 traps: the code that makes the values checks them.
    package static func canonical(_ values: FlagValues, declaration: FlagDeclaration? = nil) -> FlagDefinitionFile {
        var members: [JSONValue.Member] = [
            .init("$schema", .string(schema)),
            .init(flagsKey, .object(FlagName.allCases.map { .init($0.rawValue, flag($0, values[$0])) })),
        ]
        if let declaration { members.append(.init(FlagDeclaration.metadataKey, .object(declaration.metadata))) }
        let text = JSONValue.object(members).text(layout: .pretty) + "\n"
        do {
            return try FlagDefinitionFile(parsing: Array(text.utf8), fallback: values)
        } catch {
            preconditionFailure("a new flag file is invalid: \(error)")
        }
    }

    /// A whole flag with the variants that one would expect.
    static func flag(_ name: FlagName, _ value: FlagValue) -> JSONValue {
        var variants: [(name: String, value: FlagValue)] =
            name.isBoolean
            ? [("on", .boolean(true)), ("off", .boolean(false))]
            : usualPercentages.map { (FlagValue.number($0).description, .number($0)) }
        if !variants.contains(where: { $0.value == value }) { variants.append((value.description, value)) }
        let chosen = variants.first { $0.value == value }?.name ?? ""
        return .object([
            .init("state", .string("ENABLED")),
            .init("variants", .object(variants.map { .init($0.name, $0.value.json) })),
            .init("defaultVariant", .string(chosen)),
            .init("targeting", .object([])),
        ])
    }
}

extension FlagDefinitionFile {
    /// The file with other values, and every byte that the change does not need as it was.
    ///
    /// A flag's `defaultVariant` is set, a variant added if none has the value, a missing flag added, a disabled one
    /// enabled, and its targeting emptied if the update says so. Who did it and why goes into the file's metadata.
    ///
    /// - Returns: The edited file, read again; this very file if it says all that already.
    /// - Throws: ``FlagDefinitionError`` if a key on the way is ambiguous, or a percentage is outside 0 to 100.
    package func applying(
        _ update: FlagUpdate, declaration: FlagDeclaration
    ) throws(FlagDefinitionError) -> FlagDefinitionFile {
        if let percent = update.enforcementPercent, !(0...100).contains(percent) {
            throw FlagDefinitionError(
                .outOfRange, flag: .enforcementPercent, "\(percent) is outside 0 to 100; give a percentage")
        }
        var edited = document
        do {
            for (name, value) in update.assignments {
                try FlagDefinitionFile.set(name, to: value, emptyingTargeting: update.emptiesTargeting, in: &edited)
            }
            if edited == document { return self }
            for entry in declaration.metadata {
                try edited.set(entry.value, at: [FlagDeclaration.metadataKey, entry.key])
            }
        } catch let error as JSONError {
            throw FlagDefinitionError(error)
        } catch {
            throw error as? FlagDefinitionError ?? FlagDefinitionError(.badEdit, "\(error)")
        }
        return try verified(FlagDefinitionFile(edited, fallback: fallback), update: update, declaration: declaration)
    }

    private func verified(
        _ edited: FlagDefinitionFile, update: FlagUpdate, declaration: FlagDeclaration
    ) throws(FlagDefinitionError) -> FlagDefinitionFile {
        let number = declaration.number ?? edited.declaration?.number
        let expected = FlagDeclaration(
            by: declaration.by, reason: declaration.reason, changedAt: declaration.changedAt, number: number)
        guard edited.values == update.applied(to: values), edited.declaration == expected else {
            throw FlagDefinitionError(.badEdit, "the edited file does not say what it should; it was not written")
        }
        return edited
    }

    private static func set(
        _ name: FlagName, to value: FlagValue, emptyingTargeting: Bool, in document: inout JSONDocument
    ) throws {
        let path = [flagsKey, name.rawValue]
        guard let node = try document.node(at: path) else {
            return try document.set(flag(name, value), at: path)
        }
        try requireUniqueKeys(of: node, at: path)
        try requireUniqueKeys(of: node["variants"], at: path + ["variants"])
        let definition = try FlagDefinition(name, node: node)
        if definition.defaultVariant.flatMap({ definition[$0] }) != value {
            let variant = try variant(of: value, definition, path: path, in: &document)
            try document.set(.string(variant), at: path + ["defaultVariant"])
        }
        if !definition.isEnabled { try document.set(.string("ENABLED"), at: path + ["state"]) }
        if emptyingTargeting, definition.hasTargeting { try document.set(.object([]), at: path + ["targeting"]) }
    }

    /// The name of a variant that has the value, added if there is none.
    private static func variant(
        of value: FlagValue, _ definition: FlagDefinition, path: [String], in document: inout JSONDocument
    ) throws -> String {
        // The empty name is a variant for the format, but as a default it means none.
        if let known = definition.variants.first(where: { $0.value == value && !$0.name.isEmpty }) { return known.name }
        let wanted =
            switch value {
            case .boolean(let isOn): isOn ? "on" : "off"
            case .number: value.description
            }
        var name = wanted
        var number = 2
        while definition[name] != nil {
            name = "\(wanted)_\(number)"
            number += 1
        }
        try document.set(value.json, at: path + ["variants", name])
        return name
    }

    private static func requireUniqueKeys(of node: JSONNode?, at path: [String]) throws(JSONError) {
        if let key = node?.duplicateKey { throw .ambiguous(path: path + [key]) }
    }
}
