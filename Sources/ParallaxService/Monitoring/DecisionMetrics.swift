package import ParallaxCore

/// Counts what is decided. No identity, path or tenant is ever a label.
package final class DecisionMetrics: DecisionObserver {
    /// The outcome of an answer.
    enum Outcome: String, CaseIterable {
        case allowed
        case limited
        case unavailable

        init(_ outcome: Decision.Outcome) {
            self =
                switch outcome {
                case .allowed: .allowed
                case .limited: .limited
                case .unavailable: .unavailable
                }
        }
    }

    // Fixed arrays, indexed by the place of the case: a dictionary would cost the hot path a hash.
    private let answers = (0..<Strategy.allCases.count * Side.allCases.count * Outcome.allCases.count).map { _ in
        Counter()
    }
    private let answerTimes = Strategy.allCases.map { _ in Histogram() }
    private let responseTimes = Strategy.allCases.map { _ in Histogram() }
    private let reportedTimes = Strategy.allCases.map { _ in Histogram() }
    private let heldOutRequests = Counter()
    private let attempts = Counter()
    private let attemptTimes = Histogram()
    private let failures = CounterTable<Unavailability>()
    private let standIns = Counter()
    private let agreed = Counter()
    private let diverged: [DivergenceKind: CounterTable<DivergenceCause>]
    private let incomparable = CounterTable<Unavailability>()

    package init() {
        diverged = Dictionary(uniqueKeysWithValues: DivergenceKind.allCases.map { ($0, CounterTable()) })
    }

    package func answered(_ answer: Answer) {
        answers[Self.index(answer.strategy, answer.enforced, Outcome(answer.decision.outcome))].add()
        answerTimes[answer.strategy.place].observe(answer.duration)
        if answer.isStandIn { standIns.add() }
    }

    package func attempted(_ candidate: Observation) {
        attempts.add()
        if case .unavailable(let reason) = candidate.decision.outcome { failures.add(reason) }
        attemptTimes.observe(candidate.duration)
    }

    package func compared(_ comparison: Comparison) {
        switch comparison.result {
        case .agreed: agreed.add()
        case .diverged(let kind, let cause): diverged[kind]!.add(cause)
        case .incomparable(let reason): incomparable.add(reason)
        }
    }

    package func heldOut(_ request: CheckRequest, _ answer: Answer) {
        heldOutRequests.add()
    }

    /// An application's caller waited this long.
    func reported(_ duration: Duration, strategy: Strategy) {
        reportedTimes[strategy.place].observe(duration)
    }

    /// A caller got its answer this long after the request arrived.
    package func responded(_ answer: Answer, after duration: Duration) {
        responseTimes[answer.strategy.place].observe(duration)
    }

    /// Answers since the start, by outcome.
    package var totals: AlertCounts {
        var totals = AlertCounts()
        for strategy in Strategy.allCases {
            for side in Side.allCases {
                totals.allowed += answers[Self.index(strategy, side, .allowed)].value
                totals.limited += answers[Self.index(strategy, side, .limited)].value
                totals.unavailable += answers[Self.index(strategy, side, .unavailable)].value
            }
        }
        return totals
    }

    private static func index(_ strategy: Strategy, _ side: Side, _ outcome: Outcome) -> Int {
        (strategy.place * Side.allCases.count + side.place) * Outcome.allCases.count + outcome.place
    }
}

extension DecisionMetrics {
    /// Writes all that was counted.
    func write(to text: inout PrometheusText) {
        writeAnswers(to: &text)
        writeAttempts(to: &text)
        writeComparisons(to: &text)
    }

    private func writeAnswers(to text: inout PrometheusText) {
        text.begin("parallax_decisions_total", .counter, help: "Answers given, by strategy, enforced side and outcome.")
        for strategy in Strategy.allCases {
            for side in Side.allCases {
                for outcome in Outcome.allCases {
                    text.sample(
                        "parallax_decisions_total",
                        [
                            "strategy": strategy.rawValue, "backend": AnswerResponse.backend(side),
                            "outcome": outcome.rawValue,
                        ], answers[Self.index(strategy, side, outcome)].value)
                }
            }
        }
        text.begin(
            "parallax_stand_ins_total", .counter,
            help: "Answers in which the legacy verdict stood in for a distributed one that was to be enforced.")
        text.sample("parallax_stand_ins_total", standIns.value)
        let histograms = [
            ("parallax_decision_seconds", "From asking the limiters to the decision.", answerTimes),
            ("parallax_response_seconds", "From a request's arrival to its answer.", responseTimes),
            ("parallax_application_response_seconds", "Response times that applications reported.", reportedTimes),
        ]
        for (name, help, times) in histograms {
            text.begin(name, .histogram, help: help)
            for (strategy, histogram) in zip(Strategy.allCases, times) {
                text.histogram(name, ["strategy": strategy.rawValue], histogram)
            }
        }
    }

    private func writeAttempts(to text: inout PrometheusText) {
        text.begin("parallax_redis_attempts_total", .counter, help: "Decisions asked of the distributed limiter.")
        text.sample("parallax_redis_attempts_total", attempts.value)
        text.begin(
            "parallax_redis_failures_total", .counter, help: "Decisions that the distributed limiter could not give.")
        for (reason, count) in failures.counts {
            text.sample("parallax_redis_failures_total", ["reason": reason], count)
        }
        text.begin(
            "parallax_redis_attempt_seconds", .histogram,
            help: "How long the distributed limiter took, failures included.")
        text.histogram("parallax_redis_attempt_seconds", [:], attemptTimes)
    }

    private func writeComparisons(to text: inout PrometheusText) {
        text.begin(
            "parallax_comparisons_total", .counter,
            help: "Requests that both limiters judged, by result, kind and cause.")
        text.sample("parallax_comparisons_total", ["result": "agreed", "kind": "", "cause": ""], agreed.value)
        for kind in DivergenceKind.allCases {
            for (cause, count) in diverged[kind]!.counts {
                text.sample(
                    "parallax_comparisons_total", ["result": "diverged", "kind": kind.rawValue, "cause": cause], count)
            }
        }
        text.begin(
            "parallax_held_out_total", .counter,
            help: "Requests in hybrid that only the legacy limiter judged (BASELINE_HOLDOUT_PERCENT).")
        text.sample("parallax_held_out_total", heldOutRequests.value)
        text.begin(
            "parallax_incomparable_total", .counter, help: "Requests that could not be compared, by reason.")
        for (reason, count) in incomparable.counts {
            text.sample("parallax_incomparable_total", ["reason": reason], count)
        }
    }
}

extension CaseIterable where Self: Equatable {
    /// The place of this case among all, from 0.
    fileprivate var place: Int {
        Self.allCases.firstIndex(of: self).map { Self.allCases.distance(from: Self.allCases.startIndex, to: $0) }!
    }
}

/// Tells several observers of each decision, in turn.
package struct ObserverGroup: DecisionObserver {
    private let observers: [any DecisionObserver]

    package init(_ observers: [any DecisionObserver]) {
        self.observers = observers
    }

    package func answered(_ answer: Answer) {
        for observer in observers { observer.answered(answer) }
    }

    package func attempted(_ candidate: Observation) {
        for observer in observers { observer.attempted(candidate) }
    }

    package func compared(_ comparison: Comparison) {
        for observer in observers { observer.compared(comparison) }
    }

    package func heldOut(_ request: CheckRequest, _ answer: Answer) {
        for observer in observers { observer.heldOut(request, answer) }
    }
}
