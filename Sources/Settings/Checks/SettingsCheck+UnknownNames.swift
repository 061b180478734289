import ParallaxCore

extension SettingsCheck {
    /// How many letters a name may be off to be taken for a slip of the pen.
    private static let slip = 2

    /// Beginnings of names that are ours, so that an unknown name which begins so is worth a word. `HTTP_` is not among
    /// them: `HTTP_PROXY` belongs to others.
    private static let prefixes = [
        "RATE_LIMIT_", "REDIS_", "ROLLBACK_", "PRODUCTION_", "DISTRIBUTED_", "HYBRID_", "FEATURE_FLAG_", "FAIL_OPEN_",
        "LEGACY_", "CANDIDATE_", "RECORD_", "TRUSTED_", "HTTP_MAX_", "HTTP_ALLOWED_", "ORGANIZATION_HEADER",
        "IPV6_PREFIX", "ADMIN_TOKEN", "RESPONSE_TIMES_",
        "BOUNDARY_TOLERANCE", "CLOCK_SKEW_",
        "QUOTA_DRIFT", "EMBEDDED_REDIS", "REFUSAL_CACHE", "BASELINE_HOLDOUT", "ALERT_",
    ]

    /// Names in files and in the environment that are not settings, each with the nearest that is.
    func unknownNames() -> [Finding] {
        files.flatMap { file in
            file.names.compactMap { unknown($0, origin: file.path) ?? misplaced($0, in: file) }
        } + environment.keys.sorted().compactMap(unknownVariable)
            + commandLine.keys.sorted().compactMap {
                unknown($0, origin: "command line")
            }
    }

    private func unknown(_ name: String, origin: String) -> Finding? {
        guard Setting.byName[name] == nil else { return nil }
        return Finding(
            .error, .unknownKey, setting: DisplayText.quoted(name), origin: origin,
            problem: "there is no such setting", remedy: Self.suggestion(for: name))
    }

    private func unknownVariable(_ name: String) -> Finding? {
        guard Setting.byName[name] == nil, let nearest = Self.nearest(to: name) else { return nil }
        let isTypo = nearest.distance <= Self.slip
        guard isTypo || Self.prefixes.contains(where: name.hasPrefix), !Self.isServiceLink(name) else { return nil }
        // A mere likeness may be another program's variable, which is not a reason not to start.
        return Finding(
            isTypo ? .error : .warning, .unknownKey, setting: DisplayText.quoted(name), origin: "environment",
            problem: "there is no such setting", remedy: Self.suggestion(for: name))
    }

    /// A setting that has no effect, or no clear one, in a file.
    private func misplaced(_ name: String, in file: SettingsFile) -> Finding? {
        let picks = name == Setting.environment.name && !file.path.hasSuffix("/parallax.yaml")
        guard picks || name == Setting.configDirectory.name else { return nil }
        return Finding(
            .error, .noEffect, setting: name, origin: file.path,
            problem: "selects the file, and so cannot be set in it",
            remedy: "set it in the environment")
    }

    private static func suggestion(for name: String) -> String {
        guard let nearest = nearest(to: name), nearest.distance <= max(slip, name.utf8.count / 2) else {
            return "remove it; docs/configuration.md lists all settings"
        }
        return "did you mean \(nearest.name)?"
    }

    static func nearest(to name: String) -> (name: String, distance: Int)? {
        EditDistance.nearest(to: name.uppercased(), among: Setting.all.lazy.map(\.name))
    }

    /// Kubernetes gives every pod variables such as `REDIS_PORT_6379_TCP_ADDR` for a service called "redis".
    private static func isServiceLink(_ name: String) -> Bool {
        name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.hasSuffix("_PORT")
            || name.contains("_TCP") || name.contains("_UDP")
    }
}

/// How many letters apart two names are: insertions, deletions, replacements and swapped neighbours count one each.
///
/// Source: optimal string alignment, a restriction of Damerau's distance (Damerau 1964; Wagner and Fischer 1974).
enum EditDistance {
    static func between(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }

    /// The closest of some names, with its distance; the first of equals.
    static func nearest(to name: String, among names: some Sequence<String>) -> (name: String, distance: Int)? {
        names.map { (name: $0, distance: between(name, $0)) }.min { $0.distance < $1.distance }
    }
}
