/// What is wrong with rollback settings: all of it at once.
package struct RollbackSettingsError: Error, Equatable, CustomStringConvertible {
    /// One setting's fault.
    package struct Problem: Equatable, Sendable {
        /// The name of the property, such as `errorRatePercent`.
        package let setting: String
        /// What is wrong and what would be right.
        package let message: String
    }

    package let problems: [Problem]

    package var description: String {
        problems.map { "\($0.setting) \($0.message)" }.joined(separator: "; ")
    }
}
