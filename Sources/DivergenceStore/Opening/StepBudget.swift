import GRDB
import GRDBSQLite

/// How many steps of SQLite's virtual machine a connection may take in all, before its statements are interrupted.
///
/// A file can be built so that reading it takes for ever: pages that a tree reaches again and again.
final class StepBudget: @unchecked Sendable {  // `rest` is used on its connection's queue only.
    private static let stepsBetweenCalls: Int32 = 1_000_000

    private var rest: Int64

    init(steps: Int64) {
        rest = steps
    }

    func install(on database: Database) {
        // Each connection has a budget of its own, kept for the life of the process: there are few, and SQLite holds it.
        let budget = Unmanaged.passRetained(StepBudget(steps: rest))
        sqlite3_progress_handler(
            database.sqliteConnection, Self.stepsBetweenCalls,
            { context in
                let budget = Unmanaged<StepBudget>.fromOpaque(context!).takeUnretainedValue()
                budget.rest -= Int64(StepBudget.stepsBetweenCalls)
                return budget.rest < 0 ? 1 : 0
            }, budget.toOpaque())
    }
}
