package import ParallaxCore

/// A good reading of the flag file.
package struct FlagReading: Equatable, Sendable {
    package let definition: FlagDefinitionFile
    /// The SHA-256 of the content in lower-case hexadecimal.
    package let contentHash: String
    /// When it was last read with this content.
    package internal(set) var time: Timestamp
    /// When the file's declaration says it was changed; `nil` without one that can be read.
    package let declaredAt: Timestamp?

    package init(definition: FlagDefinitionFile, contentHash: String, time: Timestamp, declaredAt: Timestamp?) {
        self.definition = definition
        self.contentHash = contentHash
        self.time = time
        self.declaredAt = declaredAt
    }
}

/// Why a reading was invalid.
package struct FlagProblem: Equatable, Sendable {
    /// The raw values are shown: they never change.
    package enum Kind: String, Sendable {
        case missing
        case unreadable
        case invalid
    }

    package let kind: Kind
    /// What is wrong and what to do, naming the file.
    package let message: String

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }
}

extension FlagHold {
    /// Whether a file ends the hold.
    ///
    /// An edit by another program does not, whatever it changes: it may know nothing of the rollback.
    func ends(with reading: FlagReading) -> Bool {
        let values = reading.definition.values
        if values.strategy == .legacy { return true }
        guard let declaration = reading.definition.declaration, declaration.isByPerson,
            let time = reading.declaredAt, declaredAt.map({ time > $0 }) ?? true
        else { return false }
        return values.strategy != strategy || values.enforcementPercent != enforcementPercent
    }
}
