/// How a legacy limiter decides: what it counts, where its windows begin, and how several limits work together.
///
/// A description without state. ``ControlState`` is what such a limiter remembers of one identity. The textual form
/// (``init(name:)``, ``name``) is the value of `LEGACY_ALGORITHM` and what `parallax fit` prints.
package struct ControlModel: Hashable, Sendable {
    /// Where fixed windows begin.
    package enum Anchor: String, CaseIterable, Sendable {
        /// At multiples of the duration since the epoch: rack-attack (`Time.now.to_i / period`), throttled-py
        /// (`now // period`).
        case epoch
        /// At the first unit after the previous window ended: PyPI `limits` in memory (`MemoryStorage.incr`),
        /// Laravel's `RateLimiter`, express-rate-limit 7 (`MemoryStore`).
        case firstHit = "first_hit"
        /// At the start of the process, for all identities at once: express-rate-limit up to 6 (`setInterval(resetAll)`).
        case processStart = "process_start"
    }

    package enum Counting: Hashable, Sendable {
        /// The times of all units in the window: PyPI `limits` (`MovingWindowRateLimiter`), rolling-rate-limiter, and
        /// the script in Redis.
        case slidingLog
        /// One counter a window, set back when the window ends.
        case fixedWindow(Anchor)
        /// The current bucket and the previous one weighted by its overlap (Cloudflare, "How we built rate limiting",
        /// 2017). Rounded down by PyPI `limits` (`SlidingWindowCounterRateLimiter`) and throttled-py.
        case slidingCounter(roundsDown: Bool)
        /// A bucket that holds the limit and refills steadily, the limit in one duration: bucket4j, golang.org/x/time/rate,
        /// and in the form of a theoretical arrival time GCRA.
        case tokenBucket
        /// A bucket that leaks the limit in one duration and holds `burst` units and the one in work: nginx
        /// `limit_req` (`ngx_http_limit_req_lookup`). A cost above that is accepted by an empty bucket.
        ///
        /// - Parameter isDelayed: An accepted request is seen when its wait is over (`burst` without `nodelay`). The
        ///   verdicts are the same; ``ModelFit`` moves the times back.
        case leakyBucket(burst: Int, isDelayed: Bool)
    }

    /// Which windows take a request's units if there are several.
    package enum Composition: String, CaseIterable, Sendable {
        /// All or none: the sliding log in Redis.
        case allOrNothing = "all_or_nothing"
        /// The shortest window first, until one refuses; those before it keep the units: flask-limiter's default. (It sorts
        /// by unit: of `4 per second` and `10 per 10 seconds` the one listed first is asked first.)
        case firstBreach = "first_breach"
        /// The same, the longest window first: limits listed so in slowapi or Laravel, which do not sort.
        case longestFirst = "longest_first"
        /// Each window by itself, whatever the others say: flask-limiter with `fail_on_first_breach=False`.
        case allCounted = "all_counted"
    }

    package var counting: Counting
    package var composition: Composition
    /// Whether a refused request is counted as an accepted one is: rolling-rate-limiter, rack-attack,
    /// express-rate-limit. Windows after a breach that ends the evaluation count nothing.
    package var countsRefusals: Bool
    /// Whether the limiter's clock shows whole seconds only: throttled-py (`now_sec`).
    package var hasWholeSeconds: Bool
    /// Milliseconds by which the limiter's clock is ahead of the times that it is given.
    package var clockOffsetMilliseconds: Int64
    /// Limits other than the configured ones, by window: what ``policy(for:)`` applies.
    package var limits: [String: Int]

    package init(
        _ counting: Counting, composition: Composition = .allOrNothing, countsRefusals: Bool = false,
        hasWholeSeconds: Bool = false, clockOffsetMilliseconds: Int64 = 0, limits: [String: Int] = [:]
    ) {
        self.counting = counting
        self.composition = composition
        self.countsRefusals = countsRefusals
        self.hasWholeSeconds = hasWholeSeconds
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
        self.limits = limits
    }

    package static let slidingLog = ControlModel(.slidingLog)
    package static let fixedWindow = ControlModel(.fixedWindow(.epoch))
    package static let slidingCounter = ControlModel(.slidingCounter(roundsDown: false))
    package static let tokenBucket = ControlModel(.tokenBucket)

    /// Whether all windows hold the same units, so that one log serves them all.
    var sharesOneLog: Bool {
        counting == .slidingLog && composition == .allOrNothing && !countsRefusals && !hasWholeSeconds
            && clockOffsetMilliseconds == 0
    }

    /// The policy with the limits that this limiter has; the same one if they are as configured.
    package func policy(for policy: Policy) -> Policy {
        guard policy.windows.contains(where: { limits[$0.name] ?? $0.limit != $0.limit }) else { return policy }
        let windows = policy.windows.map {
            Window(name: $0.name, limit: limits[$0.name] ?? $0.limit, durationMilliseconds: $0.durationMilliseconds)
        }
        guard let changed = try? Policy(windows: windows) else {
            preconditionFailure("the limits of a model are from 1 to \(Policy.maximumLimit)")
        }
        return changed
    }

    /// The limiter's own time of an instant, in milliseconds since the epoch.
    @inline(__always)
    func time(of instant: Timestamp) -> Int64 {
        let time = instant.milliseconds + clockOffsetMilliseconds
        return hasWholeSeconds ? time - time % 1000 : time
    }
}
