import ParallaxCore

/// Exact counts of divergences by organization, kind and cause, from one database after the other: what the gate and
/// reviewers judge.
struct DivergenceGroups: Sendable {
    struct Key: Hashable, Sendable {
        let organization: ExactText
        let kind: String
        let cause: String
    }

    /// The causes that speak against going on, whatever reviewers said.
    static let judgedCauses: Set<DivergenceCause> = [.unexplained, .lostWrites]

    private(set) var counts: [Key: Int] = [:]

    mutating func add(_ key: Key, requests: Int) {
        counts[key, default: 0] += requests
    }

    /// What speaks against going on, by the words of reviewers that hold.
    func open(_ book: SettlementBook) -> OpenDivergences {
        var open = OpenDivergences()
        var bugs: Set<String> = []
        for (key, count) in counts {
            let word = book.judgement(kind: key.kind, cause: key.cause, organization: key.organization)
            if let word, word.judgement == .bug {
                open.bugs += count
                bugs.insert(word.group.description)
            }
            let isSettled = word != nil && word?.judgement != .bug
            switch DivergenceCause(rawValue: key.cause) {
            case .unexplained where isSettled: open.settledUnexplained += count
            case .unexplained: open.unexplained += count
            case .lostWrites where isSettled: open.settledLostWrites += count
            case .lostWrites: open.lostWrites += count
            default: break
            }
        }
        open.bugGroups = bugs.sorted()
        return open
    }
}
