import Foundation
import ParallaxCore
import Testing

@Suite struct TimestampTextTests {
    @Test("an instant is shown in UTC, cut to what is asked for")
    func texts() {
        let time = Timestamp(milliseconds: 971_211_336_999)
        #expect(time.text == "2000-10-10 20:55:36")
        #expect(time.textToTheMinute == "2000-10-10 20:55")
        #expect(time.textToTheMillisecond == "2000-10-10 20:55:36.999")
        #expect(time.iso8601Seconds == "2000-10-10T20:55:36Z")
        #expect(time.iso8601Milliseconds == "2000-10-10T20:55:36.999Z")
        #expect(time.timeOfDayRoundedUp == "20:55:37 UTC")
    }

    @Test("milliseconds are written only if there are any")
    func iso8601() {
        #expect(Timestamp(milliseconds: 1_767_225_600_000).iso8601 == "2026-01-01T00:00:00Z")
        #expect(Timestamp(milliseconds: 1_767_225_600_007).iso8601 == "2026-01-01T00:00:00.007Z")
        #expect(Timestamp(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
    }

    @Test("a period names the day once if both ends are on it")
    func periods() {
        let from = Timestamp(milliseconds: 1_767_225_600_000)
        #expect(Timestamp.period(from, from + 61_000) == "2026-01-01 00:00:00 to 00:01:01")
        #expect(Timestamp.period(from, from + 61_000, toTheMinute: true) == "2026-01-01 00:00 to 00:01")
        #expect(Timestamp.period(from + -1, from) == "2025-12-31 23:59:59 to 2026-01-01 00:00:00")
    }

    @Test("days are those of Foundation's calendar, through leap years and centuries")
    func calendar() {
        for day in stride(from: -60_000, through: 150_000, by: 1) {
            let seconds = day * 86_400 + 45_296
            #expect(
                Timestamp(milliseconds: Int64(seconds) * 1000).iso8601
                    == Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601))
        }
    }

    @Test(
        "no instant is too far away to be shown",
        arguments: [
            (Int64.max, "292278994-08-17 07:12:55.807"), (.min, "-292275055-05-16 16:47:04.192"),
            (-62_167_219_200_001, "-0001-12-31 23:59:59.999"),
        ])
    func extremes(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).textToTheMillisecond == text)
    }
}
