import ParallaxCore
import Testing

@Suite struct NumberFormatTests {
    @Test(
        "thousands stand apart",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (31_482, "31,482"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
        ])
    func counts(number: Int, text: String) {
        #expect(NumberFormat.count(number) == text)
    }

    @Test(
        "a decimal is written only if it is needed",
        arguments: [
            (7.94, "7.9"), (5, "5"), (0.04, "0"), (-0.04, "0"), (31_482, "31,482"), (-1_234_567.25, "-1,234,567.3"),
            (999.96, "1,000"), (1e15, "1000000000000000"), (1e16, "1e+16"), (.infinity, "inf"), (.nan, "nan"),
        ])
    func decimals(value: Double, text: String) {
        #expect(NumberFormat.decimal(value) == text)
    }

    @Test(
        "a fixed number of decimals is filled with zeros",
        arguments: [
            (1234.5, 2, "1,234.50"), (0.005, 2, "0.01"), (-0.001, 2, "0.00"), (2, 0, "2"), (0.0075, 4, "0.0075"),
            (-12.34, 1, "-12.3"),
        ])
    func fixedDecimals(value: Double, places: Int, text: String) {
        #expect(NumberFormat.decimal(value, places: places) == text)
    }

    @Test("a setting is written exactly", arguments: [(5, "5"), (4.5, "4.5"), (0.001, "0.001"), (1000, "1,000")])
    func plain(value: Double, text: String) {
        #expect(NumberFormat.plain(value) == text)
    }

    @Test(
        "only nothing is 0 %, only all is 100 %, and a small share has more decimals",
        arguments: [
            (0, 10, "0 %"), (10, 10, "100 %"), (1, 3, "33.3 %"), (2, 3, "66.7 %"), (3, 25, "12 %"), (0, 0, "-"),
            (99_999, 100_000, "> 99.9 %"), (999, 1000, "99.9 %"), (99_949, 100_000, "99.9 %"), (17, 10_000, "0.17 %"),
            (998, 100_000, "1 %"), (1, 100_000, "0.001 %"), (4, 100_000, "0.004 %"), (1, 1_000_000, "< 0.001 %"),
            (3, 2, "150 %"),
        ])
    func shares(part: Int, whole: Int, text: String) {
        #expect(NumberFormat.share(part, of: whole) == text)
    }

    @Test("the interval of all and of nothing ends at 100 % and 0 %")
    func intervals() {
        #expect(NumberFormat.interval(ShareEstimate(170, of: 4213)) == "3.5 to 4.7 %")
        #expect(NumberFormat.interval(ShareEstimate(0, of: 0)) == "-")
        for whole in 1...500 {
            #expect(NumberFormat.interval(ShareEstimate(whole, of: whole)).hasSuffix("to 100 %"))
            #expect(NumberFormat.interval(ShareEstimate(0, of: whole)).hasPrefix("0 to "))
        }
    }

    @Test("times below a millisecond are in microseconds")
    func times() {
        #expect(NumberFormat.time(.microseconds(250)) == "250 µs")
        #expect(NumberFormat.time(.microseconds(12_400)) == "12.4 ms")
        #expect(NumberFormat.time(microseconds: 2_450) == "2.5 ms")
        #expect(NumberFormat.time(milliseconds: 58_956) == "58,956 ms")
    }

    @Test(
        "spans name their two largest units",
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (65, "1 min 5 s"), (3_660, "1 h 1 min"), (3_659, "1 h"),
            (86_400, "24 h"), (94_200, "26 h 10 min"), (259_199, "71 h 59 min"), (259_200, "3 d"), (273_600, "3 d 4 h"),
        ])
    func spans(seconds: Int, text: String) {
        #expect(NumberFormat.span(seconds: seconds) == text)
    }

    @Test(
        "a span of minutes is one of seconds, but no minutes are 0 min", arguments: [(0, "0 min"), (75, "1 h 15 min")])
    func minutes(minutes: Int, text: String) {
        #expect(NumberFormat.span(minutes: minutes) == text)
    }

    @Test(
        "an exact span has one unit",
        arguments: [(0, "0 ms"), (1500, "1,500 ms"), (10_000, "10 s"), (3_600_000, "1 h"), (172_800_000, "2 d")])
    func exactSpans(milliseconds: Int64, text: String) {
        #expect(NumberFormat.exactSpan(milliseconds: milliseconds) == text)
    }
}
