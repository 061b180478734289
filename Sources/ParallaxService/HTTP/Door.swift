import Hummingbird
package import ParallaxCore

/// What `POST /v1/check` and forward auth share: the limiter, the policies, and how an answer is written as HTTP.
package struct Door: Sendable {
    let judge: any RequestJudge
    /// Read once for a request, so that both sides judge it by the same policy.
    let policies: Replaceable<PolicyBook>
    let isProduction: Bool
    /// What `FAIL_OPEN_ON_REDIS_ERROR` says at this moment.
    let failsOpen: @Sendable () -> Bool
    /// Called for every answer with the time from the whole request's arrival to its answer.
    let recordResponseTime: @Sendable (Answer, Duration) -> Void
    /// Called for every request that passed though it was not judged.
    let recordUnjudgedPass: @Sendable () -> Void

    package init(
        judge: any RequestJudge, policies: PolicyBook, isProduction: Bool, failsOpen: @escaping @Sendable () -> Bool,
        recordResponseTime: @escaping @Sendable (Answer, Duration) -> Void = { _, _ in },
        recordUnjudgedPass: @escaping @Sendable () -> Void = {}
    ) {
        self.judge = judge
        self.policies = Replaceable(policies)
        self.isProduction = isProduction
        self.failsOpen = failsOpen
        self.recordResponseTime = recordResponseTime
        self.recordUnjudgedPass = recordUnjudgedPass
    }

    /// Asks about an identity and puts the answer into HTTP. The time that is told ends when the whole answer stands:
    /// what follows is the writing to the socket.
    ///
    /// - Parameters:
    ///   - arrival: When the request had arrived as a whole; for one whose body is not read, when its head had.
    ///   - hasBodyIfAllowed: Whether an answer that lets the request pass has a body.
    func answer(
        _ identity: Identity, cost: Int, arrival: ContinuousClock.Instant, hasBodyIfAllowed: Bool = true
    ) async throws(RequestError) -> Response {
        let request: CheckRequest
        do throws(CostError) {
            request = try CheckRequest(
                identity: identity, policy: policies.read { $0.policy(for: identity.organization) }, cost: cost)
        } catch {
            throw .cost(error)
        }
        let answer = await judge.judge(request)
        let verdict = EdgeVerdict(
            answer.decision.outcome, strategy: answer.strategy, isProduction: isProduction, failsOpen: failsOpen())
        if case .passedUnjudged = verdict { recordUnjudgedPass() }
        let response = AnswerResponse(answer: answer, verdict: verdict, hasBodyIfAllowed: hasBodyIfAllowed).response
        recordResponseTime(answer, arrival.duration(to: .now))
        return response
    }
}
