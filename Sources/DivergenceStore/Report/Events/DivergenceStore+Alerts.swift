import GRDB
package import ParallaxCore

extension DivergenceStore {
    /// Notes that an instance began to raise an alert.
    package func note(alert name: String, instance: String, at time: Timestamp) async throws {
        try await write { database in
            try database.execute(
                sql: "INSERT INTO alert (time, name, instance) VALUES (?, ?, CAST(? AS TEXT))",
                arguments: [time.milliseconds, name, ExactText(instance)])
        }
    }

    func alerts(_ times: Range<Timestamp>) async throws -> [ReportEvent] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT time, name, CAST(instance AS BLOB) FROM alert WHERE time >= ? AND time < ?
                    ORDER BY time DESC LIMIT ?
                    """,
                arguments: [times.lowerBound.milliseconds, times.upperBound.milliseconds, EventSums.maximum]
            ).map { row in
                let instance: ExactText = row[2]
                return ReportEvent(
                    time: Timestamp(milliseconds: row[0]), kind: .alert,
                    text: "\(row[1] as String) began on \(instance.text)")
            }
        }
    }
}
