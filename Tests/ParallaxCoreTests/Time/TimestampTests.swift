import ParallaxCore
import Testing

@Suite struct TimestampTests {
    @Test(
        "whole seconds are rounded up",
        arguments: [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (-1, 0), (-1000, -1)] as [(Int64, Int64)])
    func seconds(_ milliseconds: Int64, _ seconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).secondsRoundedUp == seconds)
    }

    @Test(
        "a minute starts at its first millisecond",
        arguments: [(0, 0), (59_999, 0), (60_000, 60_000), (-1, -60_000)] as [(Int64, Int64)])
    func minute(_ milliseconds: Int64, _ start: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).startOfMinute == Timestamp(milliseconds: start))
    }
}
