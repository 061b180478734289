import ParallaxCore

/// The time of a log line as ISO 8601 and RFC 3339 write it: `2021-12-08T14:02:43.464763557Z`, nginx's `$time_iso8601`.
///
/// A blank may stand for the `T` and slashes for the dashes, as Go's and Caddy's console formats have it. Without a zone it
/// is UTC.
enum ISOStamp {
    /// Reads the stamp that begins at `start`; `nil` if there is none or its date does not exist.
    static func read(_ bytes: Span<UInt8>, at start: Int) -> (time: Timestamp, end: Int)? {
        guard bytes.count - start >= 19, isPunctuated(bytes, at: start) else { return nil }
        guard let year = CivilTime.digits(bytes, start, 4), let month = CivilTime.digits(bytes, start + 5, 2),
            let day = CivilTime.digits(bytes, start + 8, 2), let hour = CivilTime.digits(bytes, start + 11, 2),
            let minute = CivilTime.digits(bytes, start + 14, 2), let second = CivilTime.digits(bytes, start + 17, 2)
        else { return nil }
        var end = start + 19
        let millisecond = CivilTime.fraction(bytes, from: &end)
        guard let offset = zone(bytes, from: &end) else { return nil }
        let civil = CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: millisecond,
            offsetMinutes: offset)
        return civil.timestamp.map { ($0, end) }
    }

    private static func isPunctuated(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        let date = bytes[start + 4]
        let time = bytes[start + 10]
        return (date == UInt8(ascii: "-") || date == UInt8(ascii: "/")) && bytes[start + 7] == date
            && (time == UInt8(ascii: "T") || time == UInt8(ascii: "t") || time == UInt8(ascii: " "))
            && bytes[start + 13] == UInt8(ascii: ":") && bytes[start + 16] == UInt8(ascii: ":")
    }

    private static func zone(_ bytes: Span<UInt8>, from end: inout Int) -> Int? {
        guard end < bytes.count else { return 0 }
        switch bytes[end] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            end += 1
            return 0
        case UInt8(ascii: "+"), UInt8(ascii: "-"): return CivilTime.offsetMinutes(bytes, from: &end)
        default: return 0
        }
    }
}
