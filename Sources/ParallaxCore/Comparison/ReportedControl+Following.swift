extension ReportedControl {
    /// Lets the modelled control judge a request and then follow the report.
    ///
    /// - Parameters:
    ///   - control: The model: it says what it would have decided, then takes the units if the report says that they
    ///     were accepted.
    ///   - windowNames: The policy's names of windows by the caller's.
    ///   - now: This instance's time of the request.
    convenience init(
        _ verdict: ReportedVerdict, of request: CheckRequest, following control: InMemoryLimiter,
        windowNames: [String: String], at now: Timestamp, boundaryMilliseconds: Int64
    ) {
        let isFar = verdict.isFarInTime(from: now)
        let time = isFar ? now : verdict.judgedAt ?? now
        let (model, windows) = control.follow(request, isAllowed: verdict.isAllowed, at: time)
        let refusedJustBefore =
            !verdict.isAllowed && model.isAllowed
            && !control.look(request, at: time + -boundaryMilliseconds).isAllowed
        self.init(
            verdict, window: verdict.window(of: request.policy, names: windowNames), model: model, windows: windows,
            modelRefusedJustBefore: refusedJustBefore, time: time, latenessMilliseconds: max(0, now - time),
            hasIgnoredTime: isFar)
    }
}

extension ReportedVerdict {
    /// The window of a policy that refused; `nil` if the request was allowed, or no window of the policy is named.
    fileprivate func window(of policy: Policy, names: [String: String]) -> String? {
        guard !isAllowed, let limitedBy else { return nil }
        let name = names[limitedBy] ?? limitedBy
        return policy.windows.first { $0.name == name }?.name
    }
}
