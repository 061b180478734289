import ParallaxCore
import Testing

@testable import Simulation

@Suite struct StampTests {
    @Test(
        "a fraction of a second is read to the millisecond, and cut off beyond",
        arguments: [
            ("10/Oct/2000:13:55:36.123 -0700", 971_211_336_123), ("10/Oct/2000:13:55:36.9 -0700", 971_211_336_900),
            ("10/Oct/2000:13:55:36.999999 -0700", 971_211_336_999), ("10/Oct/2000:13:55:36,05 -0700", 971_211_336_050),
            ("10/Oct/2000:13:55:36.123 -07:00", 971_211_336_123),
        ] as [(String, Int64)])
    func logFractions(stamp: String, milliseconds: Int64) {
        let read = LogStamp.read(Array(stamp.utf8).span, at: 0)
        #expect(read?.time == Timestamp(milliseconds: milliseconds))
        #expect(read?.end == stamp.utf8.count)
    }

    @Test(
        "a point without digits, or a zone that is cut off, is not a stamp",
        arguments: ["10/Oct/2000:13:55:36. -0700", "10/Oct/2000:13:55:36.123", "10/Oct/2000:13:55:36.123 -07"])
    func noFraction(stamp: String) {
        #expect(LogStamp.read(Array(stamp.utf8).span, at: 0) == nil)
    }

    @Test(
        "ISO 8601 is read with and without fraction and zone",
        arguments: [
            ("2021-12-08T14:02:43.464763557Z", 1_638_972_163_464), ("2021-12-08T14:02:43Z", 1_638_972_163_000),
            ("2021-12-08T15:02:43.5+01:00", 1_638_972_163_500), ("2021-12-08T15:02:43+0100", 1_638_972_163_000),
            ("2021-12-08T14:02:43", 1_638_972_163_000), ("2021/12/08 14:02:43.001", 1_638_972_163_001),
            ("2021-12-08T09:32:43-04:30", 1_638_972_163_000),
        ] as [(String, Int64)])
    func iso(stamp: String, milliseconds: Int64) {
        let read = ISOStamp.read(Array(stamp.utf8).span, at: 0)
        #expect(read?.time == Timestamp(milliseconds: milliseconds))
        #expect(read?.end == stamp.utf8.count)
    }

    @Test(
        "what only looks like ISO 8601 is none",
        arguments: [
            "2021-12/08T14:02:43Z", "2021-12-08X14:02:43Z", "2021-02-30T14:02:43Z", "2021-12-08T24:02:43Z",
            "2021-12-08T14:02", "2021-12-08T14:02:43+25:00", "2021-13-08T14:02:43Z", "",
        ])
    func noISO(stamp: String) {
        #expect(ISOStamp.read(Array(stamp.utf8).span, at: 0) == nil)
    }

    @Test(
        "a number since the epoch is seconds, milliseconds, microseconds or nanoseconds by its size",
        arguments: [
            ("1693840791", 1_693_840_791_000), ("1693840791.7564995", 1_693_840_791_756),
            ("1693840791756", 1_693_840_791_756), ("1693840791756499", 1_693_840_791_756),
            ("1693840791756499500", 1_693_840_791_756), ("315532800", 315_532_800_000),
        ] as [(String, Int64)])
    func epoch(stamp: String, milliseconds: Int64) {
        #expect(EpochStamp.read(Array(stamp.utf8).span, at: 0)?.time == Timestamp(milliseconds: milliseconds))
    }

    @Test(
        "a short number is not a time, and one too long does not trap", arguments: ["", "0", "12345678", "-1693840791"])
    func noEpoch(stamp: String) {
        #expect(EpochStamp.read(Array(stamp.utf8).span, at: 0) == nil)
        #expect(EpochStamp.read(Array("9999999999999999999".utf8).span, at: 0) == nil)
    }

    @Test(
        "a line of the combined format may have any of the stamps in its brackets",
        arguments: [
            ("10/Oct/2000:13:55:36.123 -0700", 971_211_336_123), ("2000-10-10T20:55:36.123Z", 971_211_336_123),
            ("971211336.123", 971_211_336_123), ("2000-10-10T13:55:36-07:00", 971_211_336_000),
        ] as [(String, Int64)])
    func inLines(stamp: String, milliseconds: Int64) throws {
        let line = #"203.0.113.7 - frank [\#(stamp)] "GET / HTTP/1.1" 200 2326"#
        let entry = try AccessLogEntry(line: Array(line.utf8).span)
        #expect(entry.time == Timestamp(milliseconds: milliseconds))
        #expect(entry.user == "frank")
        #expect(entry.status == 200)
    }
}
