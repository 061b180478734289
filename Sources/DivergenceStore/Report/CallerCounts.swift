import ParallaxCore

/// Requests whose verdict would change, by caller and direction: exact for every caller within the bound of a minute.
struct CallerCounts: Sendable {
    private struct Count {
        var requests = 0
        var first = Int64.max
        var last = Int64.min

        mutating func add(_ more: Int, minute: Int64) {
            guard more > 0 else { return }
            requests += more
            first = min(first, minute)
            last = max(last, minute)
        }
    }

    /// By the numbers of identities.
    private var limited: [Count] = []
    private var allowed: [Count] = []

    /// - Parameter identity: Its number; numbers come without gaps.
    mutating func add(identity: Int, minute: Int64, newlyLimited: Int, newlyAllowed: Int) {
        while limited.count <= identity {
            limited.append(Count())
            allowed.append(Count())
        }
        limited[identity].add(newlyLimited, minute: minute)
        allowed[identity].add(newlyAllowed, minute: minute)
    }

    /// How many callers a kind hits; `nil` if the kind does not change verdicts.
    func count(_ kind: DivergenceKind) -> Int? {
        counts(kind)?.count { $0.requests > 0 }
    }

    /// Those that a kind hits most, most first; equals in the order of their bytes.
    func most(_ kind: DivergenceKind, _ maximum: Int, names: NameNumbers) -> [AffectedParties.Identity] {
        guard let counts = counts(kind), maximum > 0 else { return [] }
        func precedes(_ left: Int, _ right: Int) -> Bool {
            guard counts[left].requests == counts[right].requests else {
                return counts[left].requests > counts[right].requests
            }
            return names.precedes(left, right)
        }
        // Millions may be equal, each with one request: only as many are kept as are listed, and only they get names.
        var listed: [Int] = []
        for place in counts.indices where counts[place].requests > 0 {
            if listed.count == maximum {
                guard precedes(place, listed[maximum - 1]) else { continue }
                listed.removeLast()
            }
            listed.insert(place, at: listed.firstIndex { precedes(place, $0) } ?? listed.endIndex)
        }
        return listed.map { place in
            let (count, names) = (counts[place], names.names(of: place))
            return AffectedParties.Identity(
                organization: names.first.text, identifier: names.second.text, requests: count.requests, stored: 0,
                first: Timestamp(milliseconds: count.first), last: Timestamp(milliseconds: count.last))
        }
    }

    private func counts(_ kind: DivergenceKind) -> [Count]? {
        switch kind {
        case .newlyLimited: limited
        case .newlyAllowed: allowed
        case .differentWindow, .quotaDrift: nil
        }
    }
}
