import ParallaxCore

extension SettingsCheck {
    /// Headers that mean something else.
    private static let reservedHeaders = ["x-api-key", "x-forwarded-for", "host", "authorization"]

    /// Whether callers can choose who they are.
    func network() -> [Finding] {
        settings.http.trustedProxies.filter(\.isWide).map { network in
            let problem =
                network.isEverything
                ? "trusts every address (\(network)): callers choose their own address"
                : "trusts a wide network (\(network)): a client in it can choose its address"
            return finding(
                .warning, .risk, .trustedProxies, problem,
                "name your gateways' addresses only, or set TRUSTED_HOPS to how many of them a request passes")
        } + organizationHeader()
    }

    private func organizationHeader() -> [Finding] {
        guard let text = reader.optionalText(.organizationHeader) else { return [] }
        guard settings.http.organizationHeader != nil, !Self.reservedHeaders.contains(text.lowercased()) else {
            return [
                finding(
                    .error, .wrongType, .organizationHeader, "\(DisplayText.quoted(text)) cannot name the organization",
                    "name a header of its own, such as X-Organization-Id, or remove this setting")
            ]
        }
        guard settings.http.trustedProxies.isEmpty else { return [] }
        return [
            finding(
                .warning, .noEffect, .organizationHeader, "has no effect: TRUSTED_PROXIES is empty",
                "name the gateway that sets the header there, or remove this setting")
        ]
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
