extension SettingsCheck {
    /// Whether callers can choose who they are.
    func network() -> [Finding] {
        settings.http.trustedProxies.filter(\.isEverything).map { network in
            finding(
                .warning, .risk, .trustedProxies, "trusts everybody (\(network)): callers choose their own address",
                "name your gateways' networks only")
        }
    }

    /// Whether the limit of open files leaves room for connections.
    func connections() -> [Finding] {
        let files = OpenFiles(settings.redis, limit: openFileLimit)
        let wanted = settings.http.maximumConnections ?? 1
        guard wanted > files.room else { return [] }
        let raise = "raise the limit of open files (ulimit -n, LimitNOFILE= of systemd) to \(wanted + files.reserve)"
        return [
            finding(
                .error, .impossibleCombination, .httpMaxConnections,
                "leaves too few files: the process may open \(files.limit), and \(files.reserve) of them are for Redis, "
                    + "SQLite, the flag file and its threads",
                files.room >= 1 ? "set it to \(files.room) or less, or \(raise)" : raise)
        ]
    }
}
