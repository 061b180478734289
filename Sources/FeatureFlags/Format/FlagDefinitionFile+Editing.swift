package import ParallaxCore

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
