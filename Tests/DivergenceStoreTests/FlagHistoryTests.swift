import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct FlagHistoryTests {
    @Test("changes come back newest first, as they were")
    func keepsChanges() async throws {
        try await withStore { store in
            let changes = [
                change(1, from: nil), change(2, by: "Zoë\0'; --", from: .defaultValue),
                change(
                    3,
                    from: FlagValues(distributedEnabled: false, hybrid: false, failOpen: true, enforcementPercent: 12.5)
                ),
            ]
            for change in changes { #expect(try store.append(change)) }
            let history = try await store.flagHistory(limit: 9)
            #expect(history.map(\.change) == changes.reversed())
            #expect(history.map(\.sequence) == [3, 2, 1])
            #expect(history[0].previousHash == history[1].hash)
            #expect(history[2].previousHash == String(repeating: "0", count: 64))
            #expect(try await store.flagHistory(limit: 1).map(\.sequence) == [3])
            #expect(try await store.verifyFlagHistory() == nil)
        }
    }

    @Test("the same content seen again in a row is one change, and later a new one")
    func isIdempotent() async throws {
        try await withStore { store in
            var added: [Bool] = []
            for change in [
                change(1), change(1, by: "another instance"), change(2), change(1), change(1, later: 60_000),
            ] {
                added.append(try store.append(change))
            }
            // The fourth is the first one, seen late; the fifth goes back to its content.
            #expect(added == [true, false, true, false, true])
            #expect(try await store.flagHistory(limit: 9).count == 3)
        }
    }

    @Test("changes that many connections append at once make one chain without gaps")
    func appendsAtOnce() async throws {
        try await withTemporaryPath { path in
            let stores = try (0..<3).map { _ in try DivergenceStore(path: path) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask { _ = try stores[number % 3].append(change(number)) }
                }
                try await group.waitForAll()
            }
            #expect(try await stores[0].flagHistory(limit: 99).map(\.sequence) == (1...30).reversed())
            #expect(try await stores[0].verifyFlagHistory() == nil)
        }
    }

    @Test(
        "a row changed in any column, put in or taken out breaks the chain where it was",
        arguments: [
            ("UPDATE flag_history SET time = time + 1 WHERE sequence = 2", 2, .changedRow),
            ("UPDATE flag_history SET changed_by = 'me' WHERE sequence = 1", 1, .changedRow),
            ("UPDATE flag_history SET reason = reason || ' ' WHERE sequence = 2", 2, .changedRow),
            ("UPDATE flag_history SET from_values = NULL WHERE sequence = 3", 3, .changedRow),
            ("UPDATE flag_history SET to_values = from_values WHERE sequence = 3", 3, .changedRow),
            ("UPDATE flag_history SET content_hash = 'x' WHERE sequence = 3", 3, .changedRow),
            ("UPDATE flag_history SET previous_hash = hash WHERE sequence = 3", 3, .changedRow),
            ("UPDATE flag_history SET hash = previous_hash WHERE sequence = 2", 2, .changedRow),
            ("DELETE FROM flag_history WHERE sequence = 2", 3, .missingRow),
            ("DELETE FROM flag_history WHERE sequence = 1", 2, .missingRow),
        ] as [(String, Int64, FlagHistoryBreak.Fault)])
    func findsBreak(sql: String, sequence: Int64, fault: FlagHistoryBreak.Fault) async throws {
        try await withStore { store in
            for number in 1...3 { try store.append(change(number)) }
            try await store.write { try $0.execute(sql: sql) }
            #expect(try await store.verifyFlagHistory() == FlagHistoryBreak(sequence: sequence, fault: fault))
        }
    }

    @Test("a row rewritten with a right hash of its own breaks the chain at the next")
    func findsRewrittenRow() async throws {
        try await withStore { store in
            for number in 1...3 { try store.append(change(number)) }
            let forged = try FlagHistoryRow(change(99), after: nil)
            try await store.write {
                try $0.execute(
                    sql: """
                        UPDATE flag_history SET time = ?, reason = ?, to_values = ?, content_hash = ?, hash = ?
                        WHERE sequence = 1
                        """,
                    arguments: [forged.time, forged.reason, forged.to, forged.contentHash, forged.hash])
            }
            #expect(
                try await store.verifyFlagHistory() == FlagHistoryBreak(sequence: 2, fault: .wrongPreviousHash))
        }
    }

    private func change(
        _ number: Int, by: String = "Ada", from: FlagValues? = .defaultValue, later milliseconds: Int64 = 0
    ) -> FlagChange {
        FlagChange(
            time: .sample + (Int64(number) + milliseconds), by: by, reason: "reason \(number)", from: from,
            to: FlagValues(
                distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0.1 * Double(number)),
            contentHash: "content \(number)")
    }
}
