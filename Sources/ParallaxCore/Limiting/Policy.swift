/// One limit over one span of time: at most `limit` units in any `durationMilliseconds`.
package struct Window: Hashable, Sendable {
    /// A short name that callers see, such as `minute`.
    package let name: String
    /// Units accepted within the duration, at least 1.
    package let limit: Int
    /// The duration in milliseconds, at least 1.
    package let durationMilliseconds: Int64

    package init(name: String, limit: Int, durationMilliseconds: Int64) {
        self.name = name
        self.limit = limit
        self.durationMilliseconds = durationMilliseconds
    }
}

/// The windows that an identity is held to, all at once or not at all.
package struct Policy: Hashable, Sendable {
    /// The most windows a policy can have.
    package static let maximumWindows = 16
    /// The largest limit: a log of it takes 4 MB.
    package static let maximumLimit = 1_000_000
    /// The longest window: thirty days, so that every unit of a log lies within 32 bits of milliseconds.
    package static let maximumDurationMilliseconds: Int64 = 30 * 24 * 3_600_000

    /// From 1 to 16 windows, with distinct names, in the order in which they are reported.
    package let windows: [Window]
    /// The smallest limit of all windows: the most that one request can cost.
    package let smallestLimit: Int
    /// The longest duration of all windows, in milliseconds.
    package let longestDurationMilliseconds: Int64
    /// A number that two policies share only if they have the same windows (up to a 64-bit collision): the same in
    /// every process and release, so that stored comparisons can name the policy they were made under.
    package let fingerprint: UInt64

    /// Makes a policy of windows.
    ///
    /// - Throws: ``PolicyError`` naming the window at fault.
    package init(windows: [Window]) throws(PolicyError) {
        guard !windows.isEmpty else { throw .noWindows }
        guard windows.count <= Policy.maximumWindows else { throw .tooManyWindows(windows.count) }
        var names: Set<String> = []
        for window in windows {
            guard !window.name.isEmpty, names.insert(window.name).inserted else { throw .repeatedName(window.name) }
            guard (1...Policy.maximumLimit).contains(window.limit) else {
                throw .limitOutOfRange(window: window.name, limit: window.limit)
            }
            guard (1...Policy.maximumDurationMilliseconds).contains(window.durationMilliseconds) else {
                throw .durationOutOfRange(window: window.name, milliseconds: window.durationMilliseconds)
            }
        }
        self.windows = windows
        self.smallestLimit = windows.map(\.limit).min()!
        self.longestDurationMilliseconds = windows.map(\.durationMilliseconds).max()!
        self.fingerprint = Policy.makeFingerprint(windows)
    }

    /// The largest limit of all windows.
    package var largestLimit: Int { windows.lazy.map(\.limit).max()! }

    /// The default windows: 10 a second, 60 a minute, 1000 an hour, and bursts of 20 in ten seconds.
    package static let defaultValue = try! Policy(windows: [
        Window(name: "second", limit: 10, durationMilliseconds: 1_000),
        Window(name: "minute", limit: 60, durationMilliseconds: 60_000),
        Window(name: "hour", limit: 1_000, durationMilliseconds: 3_600_000),
        Window(name: "burst", limit: 20, durationMilliseconds: 10_000),
    ])

    /// FNV-1a over the windows in their order (Fowler, Noll, Vo; draft-eastlake-fnv).
    private static func makeFingerprint(_ windows: [Window]) -> UInt64 {
        var hash = StableHash()
        for window in windows {
            hash.combine(window.name)
            hash.combine(UInt64(window.limit))
            hash.combine(UInt64(window.durationMilliseconds))
        }
        return hash.value
    }
}

/// Why windows make no policy.
package enum PolicyError: Error, Equatable, CustomStringConvertible {
    case noWindows
    case tooManyWindows(Int)
    case repeatedName(String)
    case limitOutOfRange(window: String, limit: Int)
    case durationOutOfRange(window: String, milliseconds: Int64)

    package var description: String {
        switch self {
        case .noWindows: "a policy needs at least one window"
        case .tooManyWindows(let count): "a policy has at most \(Policy.maximumWindows) windows, not \(count)"
        case .repeatedName(let name): "window names must be distinct and not empty; \"\(name)\" is not"
        case .limitOutOfRange(let window, let limit):
            "the limit of window \"\(window)\" is \(limit); it must be from 1 to \(Policy.maximumLimit)"
        case .durationOutOfRange(let window, let milliseconds):
            "window \"\(window)\" lasts \(milliseconds) ms; it must last from 1 ms to 30 days"
        }
    }
}

/// Which policy each organization is held to: one for all, and overrides by organization.
package struct PolicyBook: Equatable, Sendable {
    /// The policy of organizations without an override.
    package let defaultValue: Policy
    /// Policies that replace the default.
    private let overrides: [OrganizationName: Policy]

    package init(defaultValue: Policy, overrides: [String: Policy] = [:]) {
        self.defaultValue = defaultValue
        self.overrides = Dictionary(uniqueKeysWithValues: overrides.map { (OrganizationName(text: $0.key), $0.value) })
    }

    /// The organizations with a policy of their own, in the order of their bytes.
    package var exceptions: [(organization: String, policy: Policy)] {
        overrides.sorted { $0.key.text.utf8.lexicographicallyPrecedes($1.key.text.utf8) }
            .map { ($0.key.text, $0.value) }
    }

    /// Whether some organizations have a policy of their own, and this one, which is not the global one, has none.
    package func isUnconfigured(_ organization: String) -> Bool {
        !overrides.isEmpty && organization != Identity.globalOrganization
            && overrides[OrganizationName(text: organization)] == nil
    }

    package func policy(for organization: String) -> Policy {
        overrides.isEmpty ? defaultValue : overrides[OrganizationName(text: organization)] ?? defaultValue
    }
}

extension PolicyBook {
    /// An organization's name, the same as another if its bytes are: equal spellings are not enough.
    private struct OrganizationName: Hashable {
        let text: String

        static func == (left: OrganizationName, right: OrganizationName) -> Bool {
            left.text.utf8.elementsEqual(right.text.utf8)
        }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}
