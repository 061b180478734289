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
