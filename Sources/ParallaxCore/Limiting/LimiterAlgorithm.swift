/// How a limiter in memory counts: what people's legacy limiters really use.
package enum LimiterAlgorithm: String, CaseIterable, Sendable {
    /// The log of accepted units: exact, and the same definition as the script in Redis.
    case slidingLog = "sliding_log"
    /// One counter a window, set back at multiples of its duration.
    case fixedWindow = "fixed_window"
    /// The current bucket and the previous one weighted by its overlap.
    case slidingCounter = "sliding_counter"
    /// A bucket a window that refills steadily up to the limit.
    case tokenBucket = "token_bucket"
}
