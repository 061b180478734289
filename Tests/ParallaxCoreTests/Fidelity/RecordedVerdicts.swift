import ParallaxCore
import Testing

/// What real limiters said of one trace, for the models to say the same.
///
/// Recorded from the Python packages with their clock replaced; nginx, express-rate-limit, rack-attack and
/// rolling-rate-limiter from a transcription of the function named. The trace is ``RecordedVerdicts/requests(costs:)``.
struct RecordedVerdicts: Sendable, CustomTestStringConvertible {
    let source: String
    let model: String
    /// Whether requests cost one or two units, rather than one.
    let hasCosts: Bool
    /// Whether there are two windows, of one and ten seconds, rather than the longer one.
    let hasTwoWindows: Bool
    /// One letter a request: `a` for allowed, `r` for refused.
    let verdicts: String

    var testDescription: String { "\(source)\(hasCosts ? ", costs" : "")" }

    static let start: Int64 = 1_800_000_000_123

    var policy: Policy {
        let windows = [
            Window(name: "short", limit: 4, durationMilliseconds: 1_000),
            Window(name: "long", limit: 10, durationMilliseconds: 10_000),
        ]
        return try! Policy(windows: hasTwoWindows ? windows : [windows[1]])
    }

    /// 160 requests: C's example of a random generator, so that other languages make the same ones.
    var requests: [(time: Timestamp, cost: Int)] {
        var (state, time): (Int64, Int64) = (7, Self.start)
        func next() -> Int64 {
            state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
            return state >> 8
        }
        return (0..<160).map { _ in
            time += next() % 600
            return (Timestamp(milliseconds: time), hasCosts ? Int(1 + next() % 2) : 1)
        }
    }

    static let all: [RecordedVerdicts] = [
        RecordedVerdicts(
            source: "PyPI limits 5.8, fixed window in memory, as flask-limiter asks it",
            model: "fixed_window:first_hit:refusals:first_breach", hasCosts: false, hasTwoWindows: true,
            verdicts: """
                aaaaraaaaraarrrrrrrrrrrrrrrrrrrrrrraaaaarrrraaaararrrrrrrrrrrrrrrrrraaarraaaaraa\
                arrrrrrrrrrrrrrrrrrrraaaaaaaraaarrrrrrrrrrrrrrrrrrrrrarraaaaaaaaarrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "PyPI limits 5.8, fixed window in memory, as flask-limiter asks it",
            model: "fixed_window:first_hit:refusals:first_breach", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrrraararrrrrrrrrrrrrrrrrrrrrrrrrrraaraararrrrrrrrrrrrrrrrrrrrrrrrrraaraarraar\
                rrrrrrrrrrrrrrrrrrrrrraaaaaarrarrrrrrrrrrrrrrrrrrrrrrrrrrraaaaaaraarrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "the same with fail_on_first_breach=False",
            model: "fixed_window:first_hit:refusals:all_counted", hasCosts: false, hasTwoWindows: true,
            verdicts: """
                aaaaraaaarrrrrrrrrrrrrrrrrrrrrrrrrraaaaarrrrarrrrrrrrrrrrrrrrrrrrrrraaarraaaarrr\
                rrrrrrrrrrrrrrrrrrrrraaaaaaaraarrrrrrrrrrrrrrrrrrrrrrarraaaaaaarrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "the same with fail_on_first_breach=False",
            model: "fixed_window:first_hit:refusals:all_counted", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrraarrrrrrrrrrrrrrrrrrrrrrrrrraarrrarrrrrrrrr\
                rrrrrrrrrrrrrrrrrraraaaaarrrrrrrrrrrrrrrrrrrrrrrrrraarrrrrrrrrrrrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "PyPI limits 5.8, moving window, first breach",
            model: "sliding_log:first_breach", hasCosts: false, hasTwoWindows: true,
            verdicts: """
                aaaaraaaaraarrrrrrrrrrrrrrrrrrrrrrraaaarrarraaaararrrrrrrrrrrrrrrrrrarraraaarraa\
                aaarrrrrrrrrrrrrrrrrraaararaaaaaarrrrrrrrrrrrrrrrrrrrraraaraaaaraaarrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "PyPI limits 5.8, moving window, first breach",
            model: "sliding_log:first_breach", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrrraararrrarrrrrrrrrrrrrrrrrrrrrrraararraarrrrrrrrrrrrrrrrrrrrrrrrrraaraarraa\
                rrrrrrrrrrrrrrrrrrrrrrrararraraararaarrrrrrrrrrrrrrrrrrrrraarrrrrararaararrrrrrr
                """),
        RecordedVerdicts(
            source: "the same, all counted",
            model: "sliding_log:all_counted", hasCosts: false, hasTwoWindows: true,
            verdicts: """
                aaaaraaaarrrrrrrrrrrrrrrrrrrrrrrrrraaaarrarrarrrrrrrrrrrrrrrrrrrrrrrarraraaaaraa\
                rrrrrrrrrrrrrrrrrrrrraaaaaraaaaarrrrrrrrrrrrrrrrrrrrrrrrraaaaaaraarrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "the same, all counted",
            model: "sliding_log:all_counted", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrrrrarrrrrrrrrrrrrrrrrrrrrrrrrrrrraarrrrrrrrrrrrrrrrrrrrrrrrrrraarrrrrrrrrrrr\
                rrarrrrrrrrrrrrrrrrraaaarrrrrrrrrrrrrrrarrrrrrrrrrrrrraarraaarrrrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "the same, as slowapi asks limits that are listed the longest first",
            model: "sliding_log:longest_first", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrrrrarrrrrrrrrrrrrrrrrrrrrrrrraaararrrrrrrrarrrrrrrrrrrrrrrrrraarrrarrrrrrrrr\
                rrarrrrrrrrrrrrrrrararaaarrrrrrrrrrrrrrarrrrrrrrrrrarrarraaaarrrrrrrrrrrrrrarrrr
                """),
        RecordedVerdicts(
            source: "PyPI limits 5.8, sliding window counter, first breach",
            model: "sliding_counter:round_down:first_breach", hasCosts: false, hasTwoWindows: true,
            verdicts: """
                aaaaraaaaaarrrrrrrrrrrrrrrrrrrrrrrararrrrrarrarrrarrarrarrarrarararrrarrrrarrrar\
                rarrararrarrrarrarrararrarrrararrarrrararrrarrarrarrrarrrarrrararrararrarrrarara
                """),
        RecordedVerdicts(
            source: "PyPI limits 5.8, sliding window counter, first breach",
            model: "sliding_counter:round_down:first_breach", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrraaaarrrrrrrrrrrrrrrrrrrrrrrrrararrarrrrarrrrraarrararrrarrrarrarrrarrrrrarr\
                rraarrraarrrrrrraarrarrarrrrararrrrarrrarrrrrrraarrrarrrrraarrrrrarrarrrrrarrrar
                """),
        RecordedVerdicts(
            source: "the same, all counted",
            model: "sliding_counter:round_down:all_counted", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarrrararrrrrrrrrrrrrrrrrrrrrrrrrrararrarrrrarrrrraarrararrrarrrarrarrrarrrrrrrr\
                rraarrraarrrrrrraarrarrarrrrararrrrarrrarrrrrrrrarrrarrrrraarrrrrarrarrrrrrarrrr
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, fixed window in memory",
            model: "fixed_window:refusals", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaarrrrrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrr\
                rrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrra
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, fixed window in memory",
            model: "fixed_window:refusals", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaarrrrrrrrrrrrrrrrrrrrrrrrraaaaaarrrrrrrrrrrrrrrrrrrrrrrrrrraaaaaarrrrrrrrrr\
                rrrrrrrrrrrrrrrraaaaaaaarrrrrrrrrrrrrrrrrrrrrrrraaaaaaarrrrrrrrrrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, sliding window in memory",
            model: "sliding_counter:round_down", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaarrrrrrrrrrrrrrrrrrrrrrrrararrrrrarrarrrarrarrarrarrarararrrarrrrarrrar\
                rarrararrarrrarrarrararrarrrararrarrrararrrarrarrarrrarrrarrrararrararrarrrarara
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, token bucket in memory",
            model: "token_bucket:whole_seconds", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaaaaararrarrarrrrararrarrrararrrrrarrarrrarrarrarrarrarararrrarrrrarrrar\
                rarrararrarrrarrarrararrarrrararrarrarrarrrarrarrarrrarrrarrrararrararrarrrarara
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, token bucket in memory",
            model: "token_bucket:whole_seconds", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaaaarrrrrararrrarrarrrarrrrarrrrarrarrrrarrrrraarrararrrarrrarrarrrarrrrarrr\
                rraarrraarrrrrrraarrarrarrrrararrararrrarrrrrarrarrrarrrrraarrrrrarrarrrrarararr
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, leaking bucket in memory",
            model: "leaky_bucket:burst=9:whole_seconds", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaaaaararrarrarrrrararrarrrararrrrrarrarrrarrarrarrarrarararrrarrrrarrrar\
                rarrararrarrrarrarrararrarrrararrarrarrarrrarrarrarrrarrrarrrararrararrarrrarara
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, leaking bucket in memory",
            model: "leaky_bucket:burst=9:whole_seconds", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaaaarrrrrararrrarrarrrarrrrarrrrarrarrrrarrrrraarrararrrarrrarrarrrarrrrarrr\
                rraarrraarrrrrrraarrarrarrrrararrararrrarrrrrarrarrrarrrrraarrrrrarrarrrrarararr
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, GCRA in memory",
            model: "token_bucket", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaaaarararrarrarrrrararrarrrararrrrrrararrrarrrarrarrarararrarrrarrrarrra\
                rarrarrarrarrarrrarrararrrrarararrarrarrrarrarrarrarrrarrrrararrarrararrrarrarar
                """),
        RecordedVerdicts(
            source: "throttled-py 3.5, GCRA in memory",
            model: "token_bucket", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaaarrrarrrrrararrrrarrrrarrrrarrrrrarrrarrarrraarrrarrarrrrrarraarrrrrarrrar\
                rraarrraarrrrrrraarrrrarrarrararrarrrrrararrrrrarrrrararrrarrrarrarrarrrrararrar
                """),
        RecordedVerdicts(
            source: "nginx 1.22 ngx_http_limit_req_lookup, no burst",
            model: "leaky_bucket", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                arrrrarrrrarrarrarrrarrrrarrarrrarrrarrrrrrrarrrrarrrarrrarrrararrrarrrrrarrrrar\
                rarrrarrarrrrarrrarrrarrarrrrarrarrrarrarrrarrrarrarrrrrarrrararrrararrrrarrarra
                """),
        RecordedVerdicts(
            source: "the same, burst=3",
            model: "leaky_bucket:burst=3", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaararrrrarrararrarrarrrrararrarrrararrrrrrararrrarrrarrarrarararrarrrarrrarrra\
                rarrarrarrarrarrrarrararrrrarararrarrarrrarrarrarrarrrarrrrararrarrararrrarrarar
                """),
        RecordedVerdicts(
            source: "express-rate-limit 7, MemoryStore",
            model: "fixed_window:first_hit:refusals", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaarrrrrrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrrrrraaaaaaaaaarr\
                rrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "express-rate-limit 7, MemoryStore",
            model: "fixed_window:first_hit:refusals", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaarrrrrrrrrrrrrrrrrrrrrrrrrrraaaaaaarrrrrrrrrrrrrrrrrrrrrrrrraaaaaarrrrrrrrr\
                rrrrrrrrrrrrrrrrrraaaaaaarrrrrrrrrrrrrrrrrrrrrrrrrraaaaaaarrrrrrrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "express-rate-limit 6, MemoryStore",
            model: "fixed_window:process_start:refusals", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaarrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrr\
                rrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrrrraaaaaaaaa
                """),
        RecordedVerdicts(
            source: "express-rate-limit 6, MemoryStore",
            model: "fixed_window:process_start:refusals", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaarrrrrrrrrrrrrrrraaaaaaarrrrrrrrrrrrrrrrrrrrrrrrraaaaaaarrrrrrrrrrrrrrrrrrr\
                rrrraaaaaaarrrrrrrrrrrrrrrrrrrrrrrrrrrraaaaaarrrrrrrrrrrrrrrrrrrrrrrrrrraaaaaaar
                """),
        RecordedVerdicts(
            source: "rack-attack 6, throttles in the order of their periods",
            model: "fixed_window:refusals:first_breach", hasCosts: false, hasTwoWindows: true,
            verdicts: """
                aaaaraaaaaarrrrrrrrrrrrrrrrrrrrrrraaaaaarraaaarrrrrrrrrrrrrrrrrrraaaaaaaaraarrrr\
                rrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrraaaaaaaaaarrrrrrrrrrrrrrrrrrrra
                """),
        RecordedVerdicts(
            source: "rack-attack 6, throttles in the order of their periods",
            model: "fixed_window:refusals:first_breach", hasCosts: true, hasTwoWindows: true,
            verdicts: """
                aarraaraarrrrrrrrrrrrrrrrrrrrrraarrraaraarrrrrrrrrrrrrrrrrrrrrrraaraaaraarrrrrrr\
                rrrrrrrrrrrrrrrraaaraaaarrrrrrrrrrrrrrrrrrrrrrrraaaaarrrrraaarrrrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "rolling-rate-limiter 0.4, InMemoryRateLimiter",
            model: "sliding_log:refusals", hasCosts: false, hasTwoWindows: false,
            verdicts: """
                aaaaaaaaaarrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\
                rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr
                """),
        RecordedVerdicts(
            source: "rolling-rate-limiter 0.4, InMemoryRateLimiter",
            model: "sliding_log:refusals", hasCosts: true, hasTwoWindows: false,
            verdicts: """
                aaaaaarrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\
                rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr
                """),
    ]
}
