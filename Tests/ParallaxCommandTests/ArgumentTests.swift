import ArgumentParser
import CommandSupport
import DivergenceStore
import ParallaxCore
import Testing

@testable import parallax

@Suite struct ArgumentTests {
    private static let every: [any ParsableCommand.Type] = [
        Parallax.self, Report.self, Divergences.self, DivergencesList.self, DivergencesSettle.self,
        DivergencesSettlements.self, Promote.self, RollbackDrillCommand.self, Flags.self, FlagsShow.self, FlagsSet.self,
        FlagsHistory.self, FlagsRestore.self,
        Rollbacks.self, RollbackHistory.self, RollbackAcknowledge.self, RollbackSimulate.self, Serve.self, Limits.self,
        LimitsStatus.self, LimitsTop.self,
        LimitsReset.self, Config.self,
        ConfigCheck.self, Migrate.self, Demo.self,
        ReplayLog.self,
    ]

    @Test("every subcommand can be reached from the root, and says what it is for")
    func reachable() throws {
        for type in Self.every {
            #expect(!type.configuration.abstract.isEmpty, "\(type)")
            #expect(type.configuration.abstract.hasSuffix("."), "\(type)")
        }
        func below(_ type: any ParsableCommand.Type) -> [String] {
            ["\(type)"] + type.configuration.subcommands.flatMap(below)
        }
        #expect(Set(Self.every.map { "\($0)" }).isSubset(of: below(Parallax.self)))
    }

    @Test("the root's help names every exit code")
    func exitCodes() {
        let help = Parallax.helpMessage()
        for status in CommandFailure.Status.allCases { #expect(help.contains("\n  \(status.rawValue) "), "\(status)") }
        for verdict in GateVerdict.allCases {
            #expect(help.contains("\n  \(verdict.exitCode.rawValue) "), "\(verdict)")
        }
        #expect(Parallax.exitCode(for: ValidationError("x")).rawValue == CommandFailure.Status.usage.rawValue)
    }

    @Test("a report is asked for by time, organization, kind and cause")
    func reportFilter() throws {
        let now = Timestamp(milliseconds: 10_000_000)
        let report = try Report.parse([
            "--since", "1h", "--until", "2026-11-23T14:00:00Z", "--organization", "acme", "--kind", "newly_limited",
            "--cause", "other_instances", "--database", "a", "--database", "b", "--json",
        ])
        #expect(report.databases.paths == ["a", "b"])
        #expect(
            try report.selection.makeFilter(now: now)
                == DivergenceFilter(
                    since: Timestamp(milliseconds: 6_400_000), until: Timestamp(milliseconds: 1_795_442_400_000),
                    organization: "acme", kind: .newlyLimited, cause: .otherInstances))
        #expect(throws: CommandFailure.self) {
            try Report.parse(["--since", "1m", "--until", "1h"]).selection.makeFilter(now: now)
        }
    }

    @Test(
        "what no command can make sense of is refused as usage",
        arguments: [
            ["report", "--kind", "nonsense"], ["report", "--since", "yesterday"], ["report", "--top", "-1"],
            ["report", "--format", "xml"], ["report", "--json", "--format", "csv"], ["report", "--rows", "totals"],
            ["divergences", "list", "--limit", "0"], ["divergences", "settle", "--kind", "newly_limited"],
            ["flags", "set", "--reason", "x"], ["flags", "set", "--strategy", "hybrid", "--reason", " "],
            ["flags", "set", "--strategy", "hybrid"], ["flags", "set", "NONSENSE=1", "--reason", "x"],
            ["flags", "history", "--limit", "0"], ["flags", "restore", "0", "--reason", "x"],
            ["flags", "restore", "1"],
            ["flags", "restore", "1", "--reason", " "], ["flags", "restore", "x", "--reason", "x"],
            ["rollback", "history", "--limit", "0"], ["rollback", "acknowledge"],
            ["serve", "--port", "x"],
            ["limits", "status"], ["limits", "top", "--limit", "1001"], ["limits", "reset"],
            ["demo", "--seconds", "0"], ["demo", "--rate", "5"], ["demo", "--log", "x", "--rate", "0"],
            ["demo", "--log", "x", "--rate", "nan"], ["nonsense"],
            ["replay"], ["replay", "x", "--instances", "0"], ["replay", "x", "--instances", "257"],
            ["replay", "x", "--balance", "magic"], ["replay", "x", "--algorithm", "magic"],
            ["replay", "x", "--policy", "second"], ["replay", "x", "--policy", "day=5/x"],
            ["replay", "x", "--top", "-1"],
            ["replay", "x", "--reorder", "2d"], ["replay", "x", "--reorder", "soon"],
            ["replay", "x", "--forecast", "1,0"],
            ["replay", "x", "--forecast", ""], ["replay", "x", "--organization", ""],
        ])
    func usage(arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { _ = try Parallax.parseAsRoot(arguments) }
        #expect(error.map(Parallax.exitCode(for:))?.rawValue == 64)
    }

    @Test(
        "a time is an instant or how long ago",
        arguments: [
            ("30s", ReportTime.ago(milliseconds: 30_000)), ("15m", .ago(milliseconds: 900_000)),
            ("2h", .ago(milliseconds: 7_200_000)), ("7d", .ago(milliseconds: 604_800_000)),
            ("2000-10-10T20:55:36Z", .instant(Timestamp(milliseconds: 971_211_336_000))),
            ("2000-10-10T13:55:36-07:00", .instant(Timestamp(milliseconds: 971_211_336_000))),
            ("2000-10-10T20:55:36.250Z", .instant(Timestamp(milliseconds: 971_211_336_250))),
            ("2000-10-10", .instant(Timestamp(milliseconds: 971_136_000_000))),
        ])
    func times(text: String, time: ReportTime) {
        #expect(ReportTime(argument: text) == time)
    }

    @Test(
        "text that is not a time is refused",
        arguments: ["", "h", "-1h", "1w", "99999999d", "2000-13-01", "2000-10-10T", "1.5h"])
    func noTimes(text: String) {
        #expect(ReportTime(argument: text) == nil)
    }

    @Test(
        "a flag is set by its name and a value of its type",
        arguments: [
            ("DISTRIBUTED_RATE_LIMITING_ENABLED=true", FlagName.distributedEnabled, FlagValue.boolean(true)),
            ("hybrid_rate_limiting=OFF", .hybrid, .boolean(false)),
            ("FAIL_OPEN_ON_REDIS_ERROR=1", .failOpen, .boolean(true)),
            ("DISTRIBUTED_ENFORCEMENT_PERCENT=2.5", .enforcementPercent, .number(2.5)),
        ])
    func assignments(text: String, name: FlagName, value: FlagValue) {
        let assignment = FlagAssignment(argument: text)
        #expect(assignment?.name == name)
        #expect(assignment?.value == value)
    }

    @Test(
        "a flag of another name or type is refused",
        arguments: [
            "", "=", "HYBRID_RATE_LIMITING", "HYBRID_RATE_LIMITING=", "HYBRID_RATE_LIMITING=2", "NONSENSE=true",
            "DISTRIBUTED_ENFORCEMENT_PERCENT=101", "DISTRIBUTED_ENFORCEMENT_PERCENT=-1",
            "DISTRIBUTED_ENFORCEMENT_PERCENT=nan", "DISTRIBUTED_ENFORCEMENT_PERCENT=true",
        ])
    func noAssignments(text: String) {
        #expect(FlagAssignment(argument: text) == nil)
    }

    @Test("a strategy sets its flags, and single flags stand above it", arguments: Strategy.allCases)
    func strategies(strategy: Strategy) {
        let update = FlagUpdate(strategy: strategy, assignments: [], emptiesTargeting: false)
        #expect(update.applied(to: .defaultValue).strategy == strategy)
        let assignment = FlagAssignment(argument: "DISTRIBUTED_RATE_LIMITING_ENABLED=false")!
        let above = FlagUpdate(strategy: strategy, assignments: [assignment], emptiesTargeting: true)
        #expect(above.applied(to: .defaultValue).strategy == .legacy)
        #expect(above.emptiesTargeting)
    }
}
