import CommandSupport
import ParallaxCore
import RedisLimiting

/// What callers at their limits take of Redis's memory, as text for a terminal: the default limits and the costliest
/// organizations.
struct LimitCostText {
    private static let callers = 10_000
    private static let mostOrganizations = 10

    let book: PolicyBook

    var text: String {
        let costly = book.exceptions.map { (name: $0.organization, cost: LogFootprint($0.policy)) }
            .sorted { $0.cost.bytes > $1.cost.bytes }
        let more = costly.count - Self.mostOrganizations
        return
            (["Redis's memory, at most about, for callers that are at their limit:"]
            + [line("default", LogFootprint(book.standard))]
            + costly.prefix(Self.mostOrganizations).map { line($0.name.escapedForTerminal, $0.cost) }
            + (more > 0 ? ["  and \(more) organizations that cost less"] : [])).joined(separator: "\n")
    }

    private func line(_ name: String, _ cost: LogFootprint) -> String {
        "  \(name): \(NumberFormat.count(cost.units)) units, \(Self.size(cost.bytes)) each, "
            + "\(Self.size(cost.bytes * Self.callers)) for \(NumberFormat.count(Self.callers)) callers"
    }

    private static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000_000: NumberFormat.decimal(Double(bytes) / 1e3, places: 1) + " KB"
        case ..<1_000_000_000: NumberFormat.decimal(Double(bytes) / 1e6, places: 1) + " MB"
        default: NumberFormat.decimal(Double(bytes) / 1e9, places: 1) + " GB"
        }
    }
}
