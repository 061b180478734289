extension Decision {
    /// Units and times beyond these are no limiter's.
    private static let units = 0...(1 << 40)
    private static let times = -(1 << 53)...Int64(1 << 53)

    /// The same with every number within bounds that arithmetic on them stays far from: a candidate can say anything, and
    /// must not bring down who compares it.
    var plausible: Decision {
        guard !isPlausible else { return self }
        return Decision(
            outcome: outcome,
            windows: windows.map { state in
                WindowState(
                    window: state.window, used: state.used.clamped(to: Self.units),
                    reset: Timestamp(milliseconds: state.reset.milliseconds.clamped(to: Self.times)))
            },
            retryAfterMilliseconds: retryAfterMilliseconds.clamped(to: Self.times),
            judgedAt: judgedAt.map { Timestamp(milliseconds: $0.milliseconds.clamped(to: Self.times)) })
    }

    private var isPlausible: Bool {
        Self.times.contains(retryAfterMilliseconds) && judgedAt.map { Self.times.contains($0.milliseconds) } ?? true
            && windows.allSatisfy { Self.units.contains($0.used) && Self.times.contains($0.reset.milliseconds) }
    }
}

extension Comparable {
    fileprivate func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
