import Settings

/// A part of the running service that follows changed settings without a restart.
struct ReloadablePart: Sendable {
    enum Change: Sendable {
        /// It stays as it is.
        case none
        /// The new values are usable; calling this puts them in place.
        case replace(@Sendable () -> Void)
        /// The service has to be started again for this change.
        case needsRestart
    }

    /// What a change is called that shows in no setting's value, such as another content of the same file.
    let name: String
    /// The settings it is made from.
    let settings: [Setting]
    /// Compares it with new settings, and makes it from them without putting it in place.
    ///
    /// - Throws: What is wrong with a file that the settings name. It holds no secret.
    let prepare: @Sendable (Settings) throws -> Change
}
