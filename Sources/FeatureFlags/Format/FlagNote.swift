package import ParallaxCore

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
