extension FlagValues {
    /// The value of one flag. Setting a value of the other type traps: a reader of a file checks it first.
    package subscript(name: FlagName) -> FlagValue {
        get {
            switch name {
            case .distributedEnabled: .boolean(distributedEnabled)
            case .hybrid: .boolean(hybrid)
            case .failOpen: .boolean(failOpen)
            case .enforcementPercent: .number(enforcementPercent)
            }
        }
        set {
            switch (name, newValue) {
            case (.distributedEnabled, .boolean(let value)): distributedEnabled = value
            case (.hybrid, .boolean(let value)): hybrid = value
            case (.failOpen, .boolean(let value)): failOpen = value
            case (.enforcementPercent, .number(let value)): enforcementPercent = value
            default: preconditionFailure("\(name.rawValue) cannot hold \(newValue)")
            }
        }
    }
}
