import CommandSupport
import ParallaxCore
import Testing

@testable import parallax

@Suite struct FiguresTests {
    @Test(
        "thousands stand apart",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (31_482, "31,482"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
        ])
    func counts(number: Int, text: String) {
        #expect(Figures.count(number) == text)
    }

    @Test(
        "only all is all, and only nothing is nothing",
        arguments: [
            (0, 10, "0.0 %"), (10, 10, "100.0 %"), (1, 3, "33.3 %"), (99_999, 100_000, "> 99.9 %"),
            (1, 100_000, "< 0.1 %"), (0, 0, "-"), (2, 3, "66.7 %"),
        ])
    func shares(part: Int, whole: Int, text: String) {
        #expect(Figures.share(part, of: whole) == text)
    }

    @Test(
        "a bar is as long as its share, and never empty for something",
        arguments: [(0, 8, ""), (8, 8, "████"), (4, 8, "██"), (5, 8, "██▌"), (1, 1000, "▏"), (1, 0, "")])
    func bars(part: Int, whole: Int, text: String) {
        #expect(Figures.bar(part, of: whole, width: 4) == text)
    }

    @Test("times are in UTC to the second")
    func times() {
        #expect(Figures.time(Timestamp(milliseconds: 971_211_336_999)) == "2000-10-10 20:55:36")
    }

    @Test(
        "spans name their two largest units",
        arguments: [(0, "0 s"), (59, "59 s"), (65, "1 min 05 s"), (3_660, "1 h 01 min"), (90_000, "1 d 01 h")])
    func spans(seconds: Int, text: String) {
        #expect(Figures.span(seconds: seconds) == text)
    }
}
