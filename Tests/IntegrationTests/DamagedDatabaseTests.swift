import DivergenceStore
import Foundation
import Logging
import ParallaxCore
import ParallaxTesting
import Testing

/// Reading commands on files with random damage, each in a process of its own.
@Suite struct DamagedDatabaseTests {
    @Test(
        "a randomly damaged database is read or refused, and never crashes or holds up a command",
        .timeLimit(.minutes(5)))
    func survivesDamage() async throws {
        try await withFolder { folder in
            let database = folder.appending(path: "a.sqlite")
            let store = try DivergenceStore(path: database.path)
            let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0)
            try store.append(
                FlagChange(
                    time: Timestamp(milliseconds: 1_800_000_000_000), by: "Ada", reason: "start", from: nil, to: flags,
                    contentHash: "x"))
            try await store.record(
                Rollback(
                    evaluation: Evaluation(
                        trigger: .redisDown, time: Timestamp(milliseconds: 1_800_000_000_000), state: .firing,
                        numbers: ["probes": 3], sentence: "down"),
                    isDryRun: false, flagsBefore: flags, flagsAfter: flags))
            try store.checkpointAndTruncateLog()
            try store.close()
            let whole = try Data(contentsOf: database)
            var random = SplitMix64(seed: 20_261_130)
            let commands = [
                ["report"], ["report", "--format", "csv"], ["divergences", "list"], ["rollback", "history"],
                ["flags", "history"],
            ]
            for round in 0..<30 {
                var content = whole
                for _ in 0..<(1 << Int.random(in: 0...7, using: &random)) {
                    content[Int.random(in: 0..<content.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                if round.isMultiple(of: 7) {
                    content = content.prefix(Int.random(in: 0..<content.count, using: &random))
                }
                let path = folder.appending(path: "\(round).sqlite")
                try content.write(to: path)
                let output = try await ParallaxBinary.run(
                    commands[round % commands.count] + ["--database", path.path],
                    environment: ["CONFIG_DIRECTORY": folder.path])
                #expect([0, 65].contains(output.status), "round \(round): \(output.errors.suffix(500))")
            }
        }
    }
}
