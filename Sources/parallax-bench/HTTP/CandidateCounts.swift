/// What an instance has counted of Redis's part in its answers, since it started.
struct CandidateCounts: Equatable, Encodable, Sendable {
    let answers: Int
    /// Answers for which Redis gave a verdict.
    let verdicts: Int
    /// Answers for which it gave none, by reason: those of attempts, and comparisons that were skipped.
    let failures: [String: Int]

    /// The share of all answers for which Redis gave a verdict.
    var share: Double { answers == 0 ? 0 : Double(verdicts) / Double(answers) }
}

extension CandidateCounts {
    /// Reads them from an instance's `/metrics`.
    ///
    /// - Returns: `nil` if a count is missing.
    init?(parsing text: String) {
        let samples = PrometheusSamples(parsing: text)
        guard let answers = samples.sum("parallax_decisions_total"),
            let attempts = samples.sum("parallax_redis_attempts_total"),
            let failures = samples.sum("parallax_redis_failures_total")
        else { return nil }
        self.answers = answers
        verdicts = attempts - failures
        let skipped = samples.sums("parallax_incomparable_total", by: "reason").filter { $0.key == "skipped" }
        self.failures = samples.sums("parallax_redis_failures_total", by: "reason")
            .merging(skipped, uniquingKeysWith: +)
    }
}
