import Foundation
import GRDB
import ParallaxCore

extension ReportReader {
    /// How much only one side let through, minute by minute.
    func adding(to volumes: VolumeSums) throws -> VolumeSums {
        var volumes = volumes
        // None if the policy is not known: then its windows cannot be told apart.
        let unknown = volumes.place(of: [])
        let policies = try readPolicies().mapValues { volumes.place(of: $0) }
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        let statement = try database.cachedStatement(
            sql: """
                SELECT minute, organization, identifier, policy, requests, seconds,
                    control_only_units, candidate_only_units, COALESCE(newly_limited, -1)
                FROM volume WHERE \(condition)
                """)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var counts = ReadCounts()
        // Columns are read from the statement: they are millions.
        while try rows.next() != nil {
            let newlyLimited = statement.number(at: 8)
            let identity = volumes.number(of: statement.bytes(at: 1), statement.bytes(at: 2))
            volumes.add(
                minute: statement.number(at: 0), identity: identity,
                policy: policies[statement.number(at: 3)] ?? unknown,
                requests: try counts.take(statement.number(at: 4)), seconds: try counts.take(statement.number(at: 5)),
                controlOnlyUnits: try counts.take(statement.number(at: 6)),
                candidateOnlyUnits: try counts.take(statement.number(at: 7)),
                newlyLimited: newlyLimited < 0 ? nil : try counts.take(newlyLimited))
        }
        return volumes
    }

    private func readPolicies() throws -> [Int64: [Window]] {
        var policies: [Int64: [Window]] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT fingerprint, CAST(windows AS BLOB) FROM policy")
        while let row = try rows.next() { policies[row[0]] = try StoredWindows.decode(row[1] as Data) }
        return policies
    }

    /// How long both sides took, whatever the organization: durations are not kept apart by it.
    func addDurations(to durations: inout DurationSums) throws {
        let (condition, arguments) = filter.condition(time: "minute")
        let rows = try Row.fetchCursor(
            database, sql: "SELECT side, bucket, SUM(requests) FROM duration WHERE \(condition) GROUP BY side, bucket",
            arguments: arguments)
        var counts = ReadCounts()
        while let row = try rows.next() {
            guard let side = Side(rawValue: row[0]) else { continue }
            durations.add(try counts.take(row[2]), bucket: row[1], of: side)
        }
    }

    /// What a second control made of the same requests; `nil` if none was asked.
    func readNoise() throws -> NoiseFloor? {
        let (condition, arguments) = filter.condition(time: "minute")
        let row = try Row.fetchOne(
            database, sql: "SELECT SUM(compared), SUM(diverged) FROM noise WHERE \(condition)", arguments: arguments)
        guard let row, let compared = row[0] as Int64?, compared > 0 else { return nil }
        var counts = ReadCounts()
        return NoiseFloor(compared: try counts.take(compared), diverged: try counts.take(row[1]))
    }
}
