import ParallaxCore
import RedisLimiting

extension SettingsCheck {
    /// Windows that can never limit, since another one always does so first, and limits that cost Redis much.
    func limits() -> [Finding] {
        let book = settings.limits.book
        let policies =
            [("", book.defaultValue)]
            + book.exceptions.map { ("organization \(DisplayText.quoted($0.organization)): ", $0.policy) }
        return policies.flatMap { place, policy in
            policy.windows.indices.compactMap { index in
                Self.stricter(than: index, in: policy).map { stricter in
                    idle(policy.windows[index], stricter, place: place)
                }
            } + costly(policy, place: place)
        }
    }

    private func costly(_ policy: Policy, place: String) -> [Finding] {
        let footprint = LogFootprint(policy)
        guard footprint.units >= LogFootprint.unitsToWarnFrom else { return [] }
        let window = policy.windows.max { $0.durationMilliseconds < $1.durationMilliseconds }!
        let setting = setting(of: window)
        let megabytes = (Double(footprint.bytes) / 1e5).rounded() / 10
        return [
            Finding(
                .warning, .risk, setting: setting.name, origin: reader.origin(of: setting),
                problem: "\(place)a caller at the limit of window \(window.name) (\(Self.text(window))) keeps "
                    + "\(footprint.units) units, up to \(megabytes) MB of Redis's memory",
                remedy: "lower it, or see that Redis has the memory for as many such callers as there are")
        ]
    }

    private func idle(_ window: Window, _ stricter: Window, place: String) -> Finding {
        let setting = setting(of: window)
        return Finding(
            .warning, .noEffect, setting: setting.name, origin: reader.origin(of: setting),
            problem: "\(place)window \(window.name) (\(Self.text(window))) can never limit: "
                + "window \(stricter.name) (\(Self.text(stricter))) always does so first",
            remedy: "lower it, or raise the other")
    }

    private func setting(of window: Window) -> Setting {
        let isProduction = settings.instance.isProduction
        return switch window.name {
        case "second": .perSecond
        case "minute": isProduction ? .productionPerMinute : .perMinute
        case "hour": isProduction ? .productionPerHour : .perHour
        default: isProduction ? .productionBurst : .burst
        }
    }

    /// The window that keeps the one at an index from ever limiting; `nil` if none does.
    ///
    /// Within a window's duration a window at least as long lets its limit through, and a shorter one its limit for each
    /// time that it begins again.
    static func stricter(than index: Int, in policy: Policy) -> Window? {
        let window = policy.windows[index]
        return policy.windows.indices.first { other in
            guard other != index else { return false }
            let candidate = policy.windows[other]
            let (whole, rest) = window.durationMilliseconds.quotientAndRemainder(
                dividingBy: candidate.durationMilliseconds)
            let throughput = Int64(candidate.limit) * max(1, rest > 0 ? whole + 1 : whole)
            guard throughput <= Int64(window.limit) else { return false }
            // Of two that come to the same, the later in the list is the one to be told about.
            let isMutual =
                candidate.limit == window.limit
                && candidate.durationMilliseconds == window.durationMilliseconds
            return !isMutual || other < index
        }.map { policy.windows[$0] }
    }

    private static func text(_ window: Window) -> String {
        "\(window.limit) in \(Double(window.durationMilliseconds) / 1000) s"
    }
}
