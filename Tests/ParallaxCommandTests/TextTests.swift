import AdminAPI
@testable import Settings
import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService
import Simulation
import Testing

@testable import parallax

@Suite struct TextTests {
    private let before = FlagValues.defaultValue
    private let after = FlagValues(distributedEnabled: false, hybrid: true, failOpen: false, enforcementPercent: 0)

    @Test("a change of the flags is told by strategy and by the flags that changed")
    func flagChange() {
        #expect(
            FlagsText.change(from: before, to: after)
                == "hybrid -> legacy (DISTRIBUTED_RATE_LIMITING_ENABLED true -> false)")
        #expect(FlagsText.change(from: nil, to: after) == "legacy")
        #expect(FlagsText.change(from: before, to: before) == "hybrid")
        var more = before
        more.enforcementPercent = 2.5
        #expect(FlagsText.change(from: before, to: more) == "hybrid (DISTRIBUTED_ENFORCEMENT_PERCENT 0 -> 2.5)")
    }

    @Test("findings are listed with what to do, and summed up")
    func findings() {
        let findings = [
            Finding(
                .error, .wrongType, setting: "HTTP_PORT", origin: "environment", problem: "is \u{1b}[2J",
                remedy: "write a number"),
            Finding(
                .warning, .noEffect, setting: "HYBRID_RATE_LIMITING", origin: "x.yaml", problem: "has no effect",
                remedy: "enable"),
        ]
        #expect(
            FindingsText(findings: findings, style: .plain).text == """
                error    HTTP_PORT (environment) is \\u{1b}[2J
                         write a number  [wrong_type]
                warning  HYBRID_RATE_LIMITING (x.yaml) has no effect
                         enable  [no_effect]
                1 error, 1 warning: a service does not start with these settings.
                """)
        #expect(FindingsText(findings: [], style: .plain).text == "The settings are in order.")
    }

    @Test("the cost of limits is told for the default policy and for the costliest organizations")
    func limitCosts() throws {
        let high = try Policy(windows: [Window(name: "hour", limit: 1_000_000, durationMilliseconds: 3_600_000)])
        let text = LimitCostText(book: PolicyBook(defaultValue: .defaultValue, overrides: ["big\u{1b}": high])).text
        #expect(
            text == """
                Redis's memory, at most about, for callers that are at their limit:
                  default: 1,000 units, 5.5 KB each, 55.1 MB for 10,000 callers
                  big\\u{1b}: 1,000,000 units, 8.0 MB each, 80.0 GB for 10,000 callers
                """)
    }

    @Test("a wrong setting weighs more than a Redis that does not answer, and a warning weighs nothing")
    func findingsExit() {
        let wrong = Finding(.error, .wrongType, setting: "A", origin: "environment", problem: "p", remedy: "r")
        let away = Finding(.error, .unreachable, setting: "REDIS_URL", origin: "default", problem: "p", remedy: "r")
        let warning = Finding(.warning, .risk, setting: "B", origin: "default", problem: "p", remedy: "r")
        #expect(CommandFailure([away, wrong])?.status == .configuration)
        #expect(CommandFailure([away, warning])?.status == .unavailable)
        #expect(CommandFailure([warning]) == nil)
    }

    @Test("an identity's standing names every window of both sides")
    func standing() {
        let window = LimitStatus.Window(name: "minute", limit: 60, used: 3, remaining: 57, resetMs: 971_211_336_000)
        let idle = LimitStatus.Window(name: "hour", limit: 1000, used: 0, remaining: 1000, resetMs: 1)
        let standing = LimitStatus(
            organization: "acme", identifier: "a\u{202e}b",
            memoryLegacy: .init(state: "known", reason: nil, windows: [window, idle]),
            redisDistributed: .init(state: "unavailable", reason: "timed_out", windows: []))
        #expect(
            standing.text == """
                a\\u{202e}b of acme
                  side               window                    used  left  grows at (UTC)
                  memory-legacy      minute                    3/60    57  2000-10-10 20:55:36
                  memory-legacy      hour                    0/1000  1000
                  redis-distributed  unavailable: timed_out
                """)
        let legacy = LimitStatus(organization: "global", identifier: "a", memoryLegacy: nil, redisDistributed: nil)
        #expect(legacy.text.contains("not used by this strategy"))
    }

    @Test("the most refused are listed, and an empty list says so")
    func top() {
        let top = MostRefusedAnswer(
            organization: "acme",
            identities: [
                .init(identifier: "k", refusals: 1200, overestimate: 0),
                .init(identifier: "l", refusals: 3, overestimate: 1),
            ])
        #expect(
            top.text == """
                identifier  refused
                k             1,200
                l                 3  at most 1 of them others'
                """)
        #expect(
            MostRefusedAnswer(organization: "x\n", identities: []).text
                == "No identity of x\\u{a} was refused by this instance since its start or the last reset of its limits."
        )
    }

    @Test("a reset says what it found on either side")
    func reset() {
        #expect(ResetAnswer(memory: true, redis: false, problem: nil).text == "memory  cleared\nRedis   held nothing")
        #expect(ResetAnswer(memory: false, redis: nil, problem: "down").text == "memory  held nothing")
    }

    @Test("a log's malformed lines are shown escaped, and control no terminal")
    func logTally() {
        var tally = AccessLogTally()
        tally.lines = 1200
        tally.requests = 1199
        tally.malformed = [.noClient: 1]
        tally.examples = [MalformedLine(number: 1000, reason: .noClient, beginning: "\u{1b}]0;owned\u{7}")]
        #expect(
            LogTallyText(tally: tally).lines == [
                "The log had 1,200 lines: 1,199 requests, 1 malformed, 0 blank",
                "  line 1,000: no client address in the first field: \\u{1b}]0;owned\\u{7}",
            ])
    }

    @Test("what was sent is told by what came back")
    func traffic() {
        var tally = TrafficTally()
        for _ in 0..<3 { tally.count(.answered(status: 200)) }
        tally.count(.answered(status: 429))
        tally.count(.failed("timed out"))
        #expect(
            tally.lines(elapsed: .seconds(2)) == [
                "Sent 5 requests in 2 s, 2 a second",
                "  200 allowed           3  60 %",
                "  429 limited           1  20 %",
                "  no answer: timed out  1  20 %",
            ])
    }

    @Test("a table that is given a row too wide is a mistake of ours; a narrow one is filled")
    func table() {
        var table = TextTable([.left, .right])
        table.add("a")
        table.add("bb", "1")
        #expect(table.lines(indent: 0) == ["a", "bb  1"])
    }

    @Test("colour and redrawing are only for terminals")
    func style() throws {
        let pipe = Pipe()
        #expect(TerminalStyle.detect(descriptor: pipe.fileHandleForWriting.fileDescriptor, environment: [:]) == .plain)
        #expect(TerminalStyle.plain.red("x") == "x")
        #expect(TerminalStyle(isInteractive: true, hasColour: true, width: 80).red("x") == "\u{1b}[31mx\u{1b}[0m")
    }

    @Test("on a terminal, NO_COLOR takes the colour and a dumb terminal everything")
    func pseudoTerminal() throws {
        var (primary, secondary): (Int32, Int32) = (-1, -1)
        let result = openpty(&primary, &secondary, nil, nil, nil)
        try #require(result == 0)
        defer {
            close(primary)
            close(secondary)
        }
        let style = TerminalStyle.detect(descriptor: secondary, environment: ["TERM": "xterm"])
        #expect(style.isInteractive && style.hasColour && style.width == 80)
        let plain = TerminalStyle.detect(descriptor: secondary, environment: ["TERM": "xterm", "NO_COLOR": "1"])
        #expect(plain.isInteractive && !plain.hasColour)
        #expect(TerminalStyle.detect(descriptor: secondary, environment: ["TERM": "dumb"]) == .plain)
    }
}
