extension SettingsCheck {
    /// With less, an empty database and the minute that is being written would already be too much.
    private static let leastBytes = 16_777_216

    /// Whether what is recorded has room.
    func recording() -> [Finding] {
        guard let bytes = settings.recorder.maximumBytes, bytes < Self.leastBytes else { return [] }
        return [
            finding(
                .error, .outOfRange, .recordMaxBytes, "is \(bytes), too little to keep records in",
                "set it to \(Self.leastBytes) or more, or to 0 for no bound")
        ]
    }
}
