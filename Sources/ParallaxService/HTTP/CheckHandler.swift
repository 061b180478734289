import Hummingbird
package import ParallaxCore

/// What `POST /v1/check` and forward auth share: the limiter, the policies, and how an answer is written as HTTP.
package struct CheckHandler: Sendable {
    let judge: any RequestJudge
    /// Read once for a request, so that both sides judge it by the same policy.
    let policies: Replaceable<PolicyBook>
    let isProduction: Bool
    /// What `FAIL_OPEN_ON_REDIS_ERROR` says at this moment.
    let failsOpen: @Sendable () -> Bool
    /// Called for every answer with the time from the whole request's arrival to its answer.
    let recordResponseTime: @Sendable (Answer, Duration) -> Void
    /// Called for every request that passed though it was not judged.
    let recordFailOpen: @Sendable () -> Void
    /// Called for every request that was sent again, and got the answer of the first time.
    let recordRepeat: @Sendable () -> Void
    private let recentAnswers = RecentAnswers()

    package init(
        judge: any RequestJudge, policies: PolicyBook, isProduction: Bool, failsOpen: @escaping @Sendable () -> Bool,
        recordResponseTime: @escaping @Sendable (Answer, Duration) -> Void = { _, _ in },
        recordFailOpen: @escaping @Sendable () -> Void = {}, recordRepeat: @escaping @Sendable () -> Void = {}
    ) {
        self.judge = judge
        self.policies = Replaceable(policies)
        self.isProduction = isProduction
        self.failsOpen = failsOpen
        self.recordResponseTime = recordResponseTime
        self.recordFailOpen = recordFailOpen
        self.recordRepeat = recordRepeat
    }

    /// Asks about an identity and puts the answer into HTTP. The time that is told ends when the whole answer stands:
    /// what follows is the writing to the socket.
    ///
    /// - Parameters:
    ///   - reported: What the caller's own limiter said; `nil` if nothing was reported.
    ///   - requestID: The caller's name for the request: sent again within ten seconds it gets the first answer.
    ///   - arrival: When the request had arrived as a whole; for one whose body is not read, when its head had.
    ///   - hasBodyIfAllowed: Whether an answer that lets the request pass has a body.
    func answer(
        _ identity: Identity, cost: Int, reported: ReportedVerdict? = nil, requestID: String? = nil,
        arrival: ContinuousClock.Instant, hasBodyIfAllowed: Bool = true
    ) async throws(RequestError) -> Response {
        let request: CheckRequest
        do throws(CostError) {
            request = try CheckRequest(
                identity: identity, policy: policies.read { $0.policy(for: identity.organization) }, cost: cost)
        } catch {
            throw .cost(error)
        }
        guard let requestID else {
            let answer = await judge.judge(request, reported: reported)
            return respond(answer, arrival: arrival, hasBodyIfAllowed: hasBodyIfAllowed)
        }
        let (answer, isRepeated) = await recentAnswers.answer(
            to: RecentAnswers.Key(identity: identity, cost: cost, requestID: requestID), at: arrival
        ) { await judge.judge(request, reported: reported) }
        guard !isRepeated else {
            recordRepeat()
            return AnswerResponse(answer: answer, verdict: verdict(of: answer), hasBodyIfAllowed: hasBodyIfAllowed)
                .response
        }
        return respond(answer, arrival: arrival, hasBodyIfAllowed: hasBodyIfAllowed)
    }

    private func respond(_ answer: Answer, arrival: ContinuousClock.Instant, hasBodyIfAllowed: Bool) -> Response {
        let verdict = verdict(of: answer)
        if case .failedOpen = verdict { recordFailOpen() }
        let response = AnswerResponse(answer: answer, verdict: verdict, hasBodyIfAllowed: hasBodyIfAllowed).response
        recordResponseTime(answer, arrival.duration(to: .now))
        return response
    }

    private func verdict(of answer: Answer) -> CheckVerdict {
        CheckVerdict(
            answer.decision.outcome, strategy: answer.strategy, isProduction: isProduction, failsOpen: failsOpen())
    }
}

/// The answer to a check.
enum CheckVerdict: Equatable, Sendable {
    /// 200.
    case allowed
    /// 429: the limit is spent.
    case limited
    /// 503: no one could tell. Never mistaken for a limit.
    case unavailable(Unavailability)
    /// 200 though no one could tell: outside production, if the flags say so.
    case failedOpen(Unavailability)

    /// Decides for a decision that was to be enforced.
    ///
    /// - Parameters:
    ///   - strategy: Failing open is for `distributed_only`. In `hybrid` control stands in for the candidate, and where
    ///     a setting forbids that, it is to fail closed.
    ///   - failsOpen: What `FAIL_OPEN_ON_REDIS_ERROR` says; ignored in production.
    init(_ outcome: Decision.Outcome, strategy: Strategy, isProduction: Bool, failsOpen: Bool) {
        switch outcome {
        case .allowed: self = .allowed
        case .limited: self = .limited
        case .unavailable(let reason):
            let passes = strategy == .distributedOnly && failsOpen && !isProduction
            self = passes ? .failedOpen(reason) : .unavailable(reason)
        }
    }
}

/// Answers check requests. `HybridLimiter` in production; tests use a scripted one.
package protocol RequestJudge: Sendable {
    /// - Parameter reported: What the caller's own limiter said; `nil` if nothing was reported.
    func judge(_ request: CheckRequest, reported: ReportedVerdict?) async -> Answer
}

extension HybridLimiter: RequestJudge {
    package func judge(_ request: CheckRequest, reported: ReportedVerdict?) async -> Answer {
        await check(request, reported: reported)
    }
}
