import ParallaxCore

/// Random policies of small limits, and random changes of them.
enum RandomPolicy {
    private static let durations: [Int64] = [1, 2, 50, 99, 100, 100, 1_000, 1_000, 5_000, 10_000, 60_000]

    /// One to four windows, or now and then as many as there may be.
    static func make(using random: inout SplitMix64) -> Policy {
        let count = [1, 1, 2, 2, 2, 3, 3, 4, 4, Policy.maximumWindows].randomElement(using: &random)!
        return policy((0..<count).map { window(named: "w\($0)", using: &random) })
    }

    /// The policy with limits lowered or raised, or a window more, less, or of another length, or in another order.
    static func change(_ policy: Policy, using random: inout SplitMix64) -> Policy {
        var windows = policy.windows
        let place = Int.random(in: 0..<windows.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: windows = windows.map { window($0, limit: $0.limit / 2) }
        case 1: windows = windows.map { window($0, limit: $0.limit * 2) }
        case 2: windows[place] = window(windows[place], limit: Int.random(in: 1...12, using: &random))
        case 3 where windows.count > 1: windows.remove(at: place)
        case 4 where windows.count < Policy.maximumWindows:
            windows.insert(window(named: unusedName(windows), using: &random), at: place)
        case 5: windows[place] = window(named: windows[place].name, using: &random)
        default: windows.shuffle(using: &random)
        }
        return self.policy(windows)
    }

    private static func window(named name: String, using random: inout SplitMix64) -> Window {
        let limit = Int.random(in: 0..<5, using: &random) == 0 ? 40 : 12
        return Window(
            name: name, limit: Int.random(in: 1...limit, using: &random),
            durationMilliseconds: durations.randomElement(using: &random)!)
    }

    private static func window(_ window: Window, limit: Int) -> Window {
        Window(name: window.name, limit: min(40, max(1, limit)), durationMilliseconds: window.durationMilliseconds)
    }

    private static func unusedName(_ windows: [Window]) -> String {
        (0...).lazy.map { "w\($0)" }.first { name in !windows.contains { $0.name == name } }!
    }

    private static func policy(_ windows: [Window]) -> Policy {
        try! Policy(windows: windows)
    }
}
