import Foundation
import GRDB
import ParallaxCore

extension ReportReader {
    /// How much each side let through, minute by minute.
    func addVolumes(to volumes: inout VolumeSums) throws {
        let policies = try readPolicies()
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        let units = try Row.fetchOne(
            database,
            sql:
                "SELECT SUM(control_units), SUM(candidate_units) FROM total WHERE outcome <> 'incomparable' AND \(condition)",
            arguments: arguments)
        volumes.add(controlUnits: units?[0] ?? 0, candidateUnits: units?[1] ?? 0)
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT minute, CAST(organization AS BLOB), CAST(identifier AS BLOB), policy, requests, seconds,
                    control_only_units, candidate_only_units
                FROM volume WHERE \(condition)
                """,
            arguments: arguments)
        while let row = try rows.next() {
            volumes.add(
                minute: row[0], organization: row[1], identifier: row[2], windows: policies[row[3]] ?? [],
                requests: row[4], seconds: row[5], controlOnlyUnits: row[6], candidateOnlyUnits: row[7])
        }
    }

    private func readPolicies() throws -> [Int64: [Window]] {
        var policies: [Int64: [Window]] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT fingerprint, CAST(windows AS BLOB) FROM policy")
        while let row = try rows.next() { policies[row[0]] = try StoredWindows.decode(row[1] as Data) }
        return policies
    }

    /// What a second control made of the same requests; `nil` where none was asked.
    func readNoise() throws -> NoiseFloor? {
        let (condition, arguments) = filter.condition(time: "minute")
        let row = try Row.fetchOne(
            database, sql: "SELECT SUM(compared), SUM(diverged) FROM noise WHERE \(condition)", arguments: arguments)
        guard let row, let compared = row[0] as Int?, compared > 0 else { return nil }
        return NoiseFloor(compared: compared, diverged: row[1])
    }
}
