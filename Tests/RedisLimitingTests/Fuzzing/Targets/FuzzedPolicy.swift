import ParallaxCore

/// Policies of any windows that there may be.
enum FuzzedPolicy {
    private static let limits = [1, 2, 10, 255, 256, 1_000, 65_536, Policy.maximumLimit]
    private static let durations: [Int64] = [
        1, 2, 999, 1_000, 60_000, 3_600_000, 86_400_000, Policy.maximumDurationMilliseconds,
    ]

    static func make(_ input: inout FuzzInput) -> Policy {
        let count = input.number(below: Policy.maximumWindows) + 1
        let windows = (0..<count).map { place in
            Window(
                name: "w\(place)", limit: limits[input.number(below: limits.count)],
                durationMilliseconds: durations[input.number(below: durations.count)])
        }
        return try! Policy(windows: windows)
    }
}
