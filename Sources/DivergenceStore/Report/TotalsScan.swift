import GRDB
import ParallaxCore

/// Sums rows of `total` as they are read: over organizations for the report's figures, and over minutes for each of its
/// organizations.
///
/// One pass over the table, whose rows come in the order of minute, outcome, detail and cause; in another order the
/// sums would be the same and take longer. SQLite would read it once for each of the two, and sort for the second.
struct TotalsScan {
    /// The columns, in the order in which they are read.
    static let columns = """
        minute, outcome, detail, cause, requests, stored, control_allowed, control_limited, candidate_allowed,
        candidate_limited, control_units, candidate_units, organization
        """

    /// What rows that follow each other have in common.
    private struct Group {
        let minute: Int64
        let outcome: String
        let detail: String
        let cause: String
        /// The place of a divergence's detail among the kinds; `nil` if no organization's divergences are counted.
        let kind: Int?
    }

    private struct Sum {
        var requests = 0
        var first = Int64.max
        var last = Int64.min
    }

    private let filter: DivergenceFilter
    private var group: Group?
    private var counts = CheckedCounts()
    private var figures = Array(repeating: 0, count: 8)
    private var organizations = NameInterner()
    private var names: [ExactText] = []
    private var kinds: [String] = []
    /// By kind and then by organization.
    private var sums: [[Sum]] = []

    /// - Parameter filter: Whose kind and cause narrow the organizations' divergences.
    init(filter: DivergenceFilter) {
        self.filter = filter
    }

    /// Adds the row that a statement stands at.
    ///
    /// - Returns: The figures of the group before, if the row begins another.
    mutating func add(rowOf statement: Statement) throws -> TotalRow? {
        var complete: TotalRow?
        if !continuesGroup(statement) {
            complete = takeGroup()
            group = makeGroup(statement)
        }
        for place in figures.indices { figures[place] += try counts.take(statement.number(at: CInt(place) + 4)) }
        if let group, let kind = group.kind { count(statement, minute: group.minute, kind: kind) }
        return complete
    }

    /// The figures of the last group.
    mutating func takeGroup() -> TotalRow? {
        guard let group else { return nil }
        defer {
            self.group = nil
            for place in figures.indices { figures[place] = 0 }
        }
        return TotalRow(
            minute: Timestamp(milliseconds: group.minute), outcome: group.outcome, detail: group.detail,
            cause: group.cause, requests: figures[0], stored: figures[1], controlAllowed: figures[2],
            controlLimited: figures[3], candidateAllowed: figures[4], candidateLimited: figures[5],
            controlUnits: figures[6], candidateUnits: figures[7])
    }

    func addOrganizations(to counts: inout OrganizationCounts) {
        for (kind, sums) in zip(kinds, sums) {
            for (name, sum) in zip(names, sums) where sum.requests > 0 {
                counts.add(
                    name, kind: kind,
                    .init(
                        requests: sum.requests, first: Timestamp(milliseconds: sum.first),
                        last: Timestamp(milliseconds: sum.last)))
            }
        }
    }

    private func continuesGroup(_ statement: Statement) -> Bool {
        guard let group else { return false }
        return group.minute == statement.number(at: 0) && statement.bytes(at: 3).elementsEqual(group.cause.utf8)
            && statement.bytes(at: 2).elementsEqual(group.detail.utf8)
            && statement.bytes(at: 1).elementsEqual(group.outcome.utf8)
    }

    private mutating func makeGroup(_ statement: Statement) -> Group {
        let (outcome, detail) = (statement.text(at: 1), statement.text(at: 2))
        let cause = statement.text(at: 3)
        var kind: Int?
        if outcome == OutcomeName.diverged.rawValue && (filter.kind.map { $0.rawValue == detail } ?? true)
            && (filter.cause.map { $0.rawValue == cause } ?? true)
        {
            kind = kinds.firstIndex(of: detail) ?? kinds.count
            if kind == kinds.count {
                kinds.append(detail)
                sums.append([])
            }
        }
        return Group(minute: statement.number(at: 0), outcome: outcome, detail: detail, cause: cause, kind: kind)
    }

    private mutating func count(_ statement: Statement, minute: Int64, kind: Int) {
        let name = statement.bytes(at: 12)
        let organization = organizations.number(of: name, UnsafeRawBufferPointer(start: nil, count: 0))
        if organization == names.count { names.append(ExactText(String(decoding: name, as: UTF8.self))) }
        while sums[kind].count <= organization { sums[kind].append(Sum()) }
        sums[kind][organization].requests += Int(statement.number(at: 4))
        sums[kind][organization].first = min(sums[kind][organization].first, minute)
        sums[kind][organization].last = max(sums[kind][organization].last, minute)
    }
}
