import ParallaxCore
import Testing

@testable import Simulation

@Suite struct LogStampTests {
    @Test(
        "a stamp is the instant that its date, time and offset name",
        arguments: [
            ("10/Oct/2000:13:55:36 -0700", 971_211_336),
            ("01/Jan/1970:00:00:00 +0000", 0),
            ("01/Jan/1970:00:00:00 +0100", -3600),
            ("29/Feb/2016:23:59:59 +0530", 1_456_770_599),
            ("31/Dec/1999:23:59:59 +0000", 946_684_799),
            ("01/Mar/2100:00:00:00 +0000", 4_107_542_400),
            ("29/Jan/2025:00:00:13 +1400", 1_738_058_413),
            ("31/Dec/2016:23:59:60 +0000", 1_483_228_800),
        ])
    func reads(stamp: String, seconds: Int64) {
        #expect(LogStamp.read(Array(stamp.utf8).span, at: 0)?.time == Timestamp(milliseconds: seconds * 1000))
    }

    @Test(
        "what is not a stamp, or a date that does not exist, is refused",
        arguments: [
            "", "10/Oct/2000:13:55:36 -070", "10/Oct/2000 13:55:36 -0700", "10/Okt/2000:13:55:36 -0700",
            "31/Apr/2000:13:55:36 -0700", "29/Feb/2015:13:55:36 -0700", "29/Feb/2100:13:55:36 -0700",
            "00/Oct/2000:13:55:36 -0700", "10/Oct/2000:24:00:00 -0700", "10/Oct/2000:13:60:36 -0700",
            "10/Oct/2000:13:55:61 -0700", "10/Oct/2000:13:55:36 00700", "10/Oct/2000:13:55:36 -0760",
            "10/Oct/2000:13:55:36 -1500", "1a/Oct/2000:13:55:36 -0700", "10/oct/2000:13:55:36 -0700",
        ])
    func refuses(stamp: String) {
        #expect(LogStamp.read(Array(stamp.utf8).span, at: 0)?.time == nil)
    }
}
