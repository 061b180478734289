package import ParallaxCore

/// The flags as environment variables of the same names give them; `nil` if one is not set.
///
/// They hold if there is no file. Where there is one, a value that is safer than the file's still wins, so that
/// "set it to false and restart" works in an emergency whatever the file says.
package struct EnvironmentFlags: Equatable, Sendable {
    package let distributedEnabled: Bool?
    package let hybrid: Bool?
    package let failOpen: Bool?
    package let enforcementPercent: Double?
    /// What holds if neither the file nor the environment says anything.
    package let fallback: FlagValues

    /// - Throws: ``FlagDefinitionError`` if the percentage is outside 0 to 100.
    package init(
        distributedEnabled: Bool? = nil, hybrid: Bool? = nil, failOpen: Bool? = nil, enforcementPercent: Double? = nil,
        fallback: FlagValues = .defaultValue
    ) throws(FlagDefinitionError) {
        if let enforcementPercent, !(0...100).contains(enforcementPercent) {
            throw FlagDefinitionError(
                .outOfRange, flag: .enforcementPercent,
                "\(enforcementPercent) in the environment is outside 0 to 100; set a percentage")
        }
        self.distributedEnabled = distributedEnabled
        self.hybrid = hybrid
        self.failOpen = failOpen
        self.enforcementPercent = enforcementPercent
        self.fallback = fallback
    }

    private init() {
        (distributedEnabled, hybrid, failOpen, enforcementPercent) = (nil, nil, nil, nil)
        fallback = .defaultValue
    }

    /// An environment that sets none of the flags.
    package static let none = EnvironmentFlags()

    /// The values if there is no file: the environment's, and the fallback's if it says nothing.
    package var values: FlagValues {
        FlagValues(
            distributedEnabled: distributedEnabled ?? fallback.distributedEnabled,
            hybrid: hybrid ?? fallback.hybrid,
            failOpen: failOpen ?? fallback.failOpen,
            enforcementPercent: enforcementPercent ?? fallback.enforcementPercent)
    }

    /// The values that hold.
    ///
    /// - Parameters:
    ///   - file: What the file says; `nil` if there is none.
    ///   - isProduction: whether failing open is ignored.
    package func effective(file: FlagValues?, isProduction: Bool) -> FlagValues {
        var values = file ?? self.values
        if distributedEnabled == false { values.distributedEnabled = false }
        if failOpen == false || isProduction { values.failOpen = false }
        return values
    }

    /// Notes for operators about the values that hold instead of the file's.
    package func notes(file: FlagValues, isProduction: Bool) -> [FlagNote] {
        var notes: [FlagNote] = []
        if distributedEnabled == false, file.distributedEnabled { notes.append(.environmentWins(.distributedEnabled)) }
        guard file.failOpen else { return notes }
        if isProduction {
            notes.append(.failOpenInProduction)
        } else if failOpen == false {
            notes.append(.environmentWins(.failOpen))
        }
        return notes
    }
}
