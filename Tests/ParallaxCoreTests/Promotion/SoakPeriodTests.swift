import Foundation
import Testing

@testable import ParallaxCore

@Suite struct SoakPeriodTests {
    private static let hour: Int64 = 3_600_000

    private static func state(
        _ changes: [FlagChange], _ strategy: Strategy = .distributedOnly, atHour hour: Int64
    ) -> SoakPeriod.State? {
        let now = Timestamp(milliseconds: hour * Self.hour)
        guard let watch = SoakPeriod(changes: changes, strategy: strategy) else { return nil }
        return watch.state(at: now, seen: seen(watch, until: now))
    }

    /// A tally of an instance that ran all the time, but for some hours, with 1,000 answers.
    private static func seen(
        _ watch: SoakPeriod, until now: Timestamp, without hours: Range<Int64> = 0..<0, unavailable: Int = 0
    ) -> SoakTally {
        var tally = SoakTally(since: watch.began.time)
        var time = watch.began.time
        while time < now {
            if !hours.contains((time - watch.began.time) / hour) { tally.watch(at: time) }
            time = time + 60_000
        }
        tally.count(answers: 1_000, unavailable: unavailable)
        return tally
    }

    private static let promoted = SoakPeriod(
        changes: [.sample(0, .hybrid, to: .distributedOnly, content: "a")], strategy: .distributedOnly)!

    private static func time(hour: Int64) -> Timestamp { Timestamp(milliseconds: hour * Self.hour) }

    @Test("time in which no instance ran does not count, and the watch lasts until enough of it was watched")
    func unwatched() {
        let watch = Self.promoted
        #expect(watch.state(at: Self.time(hour: 49), seen: nil) == .running(elapsed: 0))
        var short = SoakTally(since: watch.began.time)
        short.watch(at: Timestamp(milliseconds: 25_000))
        short.count(answers: 753, unavailable: 0)
        #expect(watch.state(at: Self.time(hour: 49), seen: short) == .running(elapsed: 60_000))
        #expect(watch.unwatchedMilliseconds(at: Self.time(hour: 49), seen: short) == 49 * Self.hour - 60_000)
        let night = Self.seen(watch, until: Self.time(hour: 48), without: 10..<18)
        #expect(watch.state(at: Self.time(hour: 48), seen: night) == .running(elapsed: 40 * Self.hour))
        let later = Self.seen(watch, until: Self.time(hour: 54), without: 10..<18)
        #expect(watch.state(at: Self.time(hour: 54), seen: later) == .passed)
    }

    /// More ranges than are kept.
    private static let scattered = "[" + (0..<501).map { "[\($0 * 2),\($0 * 2 + 1)]" }.joined(separator: ",") + "]"

    @Test(
        "a stored tally that no instance can have written is refused",
        arguments: [
            #""since":0,"answers":9223372036854775807,"unavailable":0,"alerts":{},"watched":[]"#,
            #""since":0,"answers":1,"unavailable":-1,"alerts":{},"watched":[]"#,
            #""since":0,"answers":1,"unavailable":0,"alerts":{"x":9223372036854775807},"watched":[]"#,
            #""since":0,"answers":1,"unavailable":0,"alerts":{},"watched":[[0,9223372036854775806]]"#,
            #""since":0,"answers":1,"unavailable":0,"alerts":{},"watched":[[-9,9]]"#,
            #""since":0,"answers":1,"unavailable":0,"alerts":{},"watched":\#(scattered)"#,
            #""since":-9223372036854775807,"answers":1,"unavailable":0,"alerts":{},"watched":[]"#,
        ])
    func refusesTally(fields: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(SoakTally.self, from: Data(#"{"alarms":[],\#(fields)}"#.utf8))
        }
    }

    @Test("two instances that ran in turn have watched all of it, and a tally of another watch counts for nothing")
    func inTurn() {
        let watch = Self.promoted
        var first = Self.seen(watch, until: Self.time(hour: 48), without: 20..<48)
        first.add(Self.seen(watch, until: Self.time(hour: 48), without: 0..<20))
        #expect(watch.state(at: Self.time(hour: 48), seen: first) == .passed)
        let other = SoakTally(since: Timestamp(milliseconds: 1))
        #expect(watch.state(at: Self.time(hour: 48), seen: other) == .running(elapsed: 0))
    }

    @Test("48 hours of 503 have not passed, nor have those without an answer or with a trigger that fired")
    func failed() {
        let watch = Self.promoted
        let end = Self.time(hour: 48)
        #expect(watch.state(at: end, seen: Self.seen(watch, until: end, unavailable: 10)) == .passed)
        #expect(
            watch.state(at: end, seen: Self.seen(watch, until: end, unavailable: 11)) == .failed(.unavailable))
        #expect(
            watch.state(at: end, seen: Self.seen(watch, until: end, unavailable: 1_000)) == .failed(.unavailable))
        var fired = Self.seen(watch, until: end)
        fired.note(Self.evaluation(.errorRate, 140, .firing))
        #expect(watch.state(at: end, seen: fired) == .failed(.fired([.errorRate])))
        var silent = SoakTally(since: watch.began.time)
        for minute in 0..<48 * 60 { silent.watch(at: Timestamp(milliseconds: Int64(minute) * 60_000)) }
        #expect(watch.state(at: end, seen: silent) == .running(elapsed: 48 * Self.hour))
    }

    @Test("watched minutes are kept as ranges, and what an earlier version kept has none")
    func ranges() throws {
        var minutes = SoakMinutes()
        for minute in [0, 1, 1, 5, 2, 6, -1] { minutes.insert(minute) }
        #expect(minutes.ranges == [0..<3, 5..<7] && minutes.count == 5)
        let data = try JSONEncoder().encode(minutes)
        #expect(try JSONDecoder().decode(SoakMinutes.self, from: data) == minutes)
        let old = #"{"since":5,"answers":7,"unavailable":0,"alarms":[],"alerts":{}}"#
        #expect(try JSONDecoder().decode(SoakTally.self, from: Data(old.utf8)).watched.count == 0)
        for minute in 0..<2_000 { minutes.insert(minute * 3 + 100) }
        #expect(minutes.ranges.count <= 500)
    }

    @Test("a watch begins with the change into distributed_only and is over 48 hours later, not before")
    func runs() {
        let changes = [
            FlagChange.sample(2 * Self.hour, .distributedOnly, to: .distributedOnly, content: "c"),
            .sample(Self.hour, .hybrid, to: .distributedOnly, content: "b"),
            .sample(0, nil, to: .hybrid, content: "a"),
        ]
        #expect(Self.state(changes, atHour: 1) == .running(elapsed: 0))
        #expect(Self.state(changes, atHour: 32) == .running(elapsed: 31 * Self.hour))
        #expect(Self.state(changes, atHour: 49) == .passed)
    }

    @Test("a first file that says distributed_only begins a watch too, whichever program wrote it")
    func firstFile() {
        let changes = [FlagChange.sample(5, nil, to: .distributedOnly, by: "unknown", content: "a")]
        #expect(SoakPeriod(changes: changes, strategy: .distributedOnly)?.began.time == Timestamp(milliseconds: 5))
    }

    @Test("a rollback breaks it off, a second promotion begins another, and leaving after it leaves nothing to tell")
    func brokenOff() {
        let promoted = FlagChange.sample(0, .hybrid, to: .distributedOnly, content: "a")
        let rolledBack = FlagChange.sample(
            3 * Self.hour, .distributedOnly, to: .legacy, by: "parallax-evaluator", content: "b")
        #expect(Self.state([rolledBack, promoted], .legacy, atHour: 9) == .brokenOff(after: 3 * Self.hour))
        let again = FlagChange.sample(5 * Self.hour, .legacy, to: .distributedOnly, content: "c")
        #expect(Self.state([again, rolledBack, promoted], atHour: 6) == .running(elapsed: Self.hour))
        let late = FlagChange.sample(48 * Self.hour, .distributedOnly, to: .legacy, content: "b")
        #expect(SoakPeriod(changes: [late, promoted], strategy: .legacy) == nil)
        #expect(SoakPeriod(changes: [], strategy: .distributedOnly) == nil)
    }

    @Test("a drill neither ends a watch nor begins one again, while it runs, after it, and as other instances see it")
    func drills() {
        let promoted = FlagChange.sample(0, .hybrid, to: .distributedOnly, content: "a")
        let flip = FlagChange.sample(
            Self.hour, .distributedOnly, to: .legacy, by: RollbackDrill.author, content: "b")
        let restored = FlagChange.sample(
            Self.hour + 9, .legacy, to: .distributedOnly, by: RollbackDrill.author, content: "a")
        // Only the instance that drilled knows who put the old content back.
        let seen = FlagChange.sample(Self.hour + 9, .legacy, to: .distributedOnly, by: "unknown", content: "a")
        #expect(Self.state([flip, promoted], .legacy, atHour: 2) == .running(elapsed: 2 * Self.hour))
        #expect(Self.state([restored, flip, promoted], atHour: 2) == .running(elapsed: 2 * Self.hour))
        #expect(Self.state([seen, flip, promoted], atHour: 2) == .running(elapsed: 2 * Self.hour))
        let other = FlagChange.sample(Self.hour + 9, .legacy, to: .distributedOnly, by: "unknown", content: "z")
        #expect(Self.state([other, flip, promoted], atHour: 2) == .running(elapsed: Self.hour - 9))
    }

    @Test("a tally keeps each trigger's worst state with the last time of it, and nothing from before the watch")
    func tally() {
        var tally = SoakTally(since: Timestamp(milliseconds: 100))
        for (time, state) in [
            (90, TriggerState.firing), (110, .suspect), (120, .ok), (130, .suspect), (135, .inconclusive),
        ] {
            tally.note(Self.evaluation(.errorRate, Int64(time), state))
        }
        #expect(tally.fired.isEmpty)
        #expect(tally.worst?.time == Timestamp(milliseconds: 130))
        tally.note(Self.evaluation(.redisDown, 140, .firing))
        tally.note(Self.evaluation(.redisDown, 150, .suspect))
        #expect(tally.fired == [.redisDown])
        #expect(
            tally.worst
                == .init(trigger: .redisDown, state: .firing, time: Timestamp(milliseconds: 140), sentence: "140"))
    }

    @Test("the tallies of two instances add up to what both saw")
    func sums() {
        var first = SoakTally(since: Timestamp(milliseconds: 0))
        first.count(answers: 10, unavailable: 1)
        first.count(alert: "A")
        first.note(Self.evaluation(.errorRate, 1, .suspect))
        var second = SoakTally(since: Timestamp(milliseconds: 0))
        second.count(answers: 5, unavailable: 2)
        second.count(alert: "A", times: 2)
        second.note(Self.evaluation(.errorRate, 2, .firing))
        first.add(second)
        #expect(first.answers == 15 && first.unavailable == 3 && first.alerts == ["A": 3])
        #expect(first.fired == [.errorRate])
    }

    private static func evaluation(_ trigger: Trigger, _ time: Int64, _ state: TriggerState) -> Evaluation {
        Evaluation(
            trigger: trigger, time: Timestamp(milliseconds: time), state: state, sentence: "\(time)")
    }
}
