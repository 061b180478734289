import ParallaxCore

/// The time of a log line, such as `10/Oct/2000:13:55:36 -0700`: Apache's `%t` and nginx's `$time_local`; also with a
/// fraction of a second, as `10/Oct/2000:13:55:36.123 -0700`.
enum LogStamp {
    /// Bytes of a stamp without its brackets and without a fraction.
    static let byteCount = 26

    /// Reads the stamp that begins at `start`; `nil` if there is none or its date does not exist.
    static func read(_ bytes: Span<UInt8>, at start: Int) -> (time: Timestamp, end: Int)? {
        guard bytes.count - start >= byteCount, isPunctuated(bytes, at: start) else { return nil }
        var end = start + 20
        let millisecond = CivilTime.fraction(bytes, from: &end)
        guard end < bytes.count, bytes[end] == UInt8(ascii: " ") else { return nil }
        end += 1
        guard let day = CivilTime.digits(bytes, start, 2), let month = month(bytes, start + 3),
            let year = CivilTime.digits(bytes, start + 7, 4), let hour = CivilTime.digits(bytes, start + 12, 2),
            let minute = CivilTime.digits(bytes, start + 15, 2), let second = CivilTime.digits(bytes, start + 18, 2),
            let offset = CivilTime.offsetMinutes(bytes, from: &end)
        else { return nil }
        let civil = CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: millisecond,
            offsetMinutes: offset)
        return civil.timestamp.map { ($0, end) }
    }

    private static func isPunctuated(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        bytes[start + 2] == UInt8(ascii: "/") && bytes[start + 6] == UInt8(ascii: "/")
            && bytes[start + 11] == UInt8(ascii: ":") && bytes[start + 14] == UInt8(ascii: ":")
            && bytes[start + 17] == UInt8(ascii: ":")
    }

    private static func month(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
        switch (bytes[start], bytes[start + 1], bytes[start + 2]) {
        case (0x4a, 0x61, 0x6e): 1  // Jan
        case (0x46, 0x65, 0x62): 2  // Feb
        case (0x4d, 0x61, 0x72): 3  // Mar
        case (0x41, 0x70, 0x72): 4  // Apr
        case (0x4d, 0x61, 0x79): 5  // May
        case (0x4a, 0x75, 0x6e): 6  // Jun
        case (0x4a, 0x75, 0x6c): 7  // Jul
        case (0x41, 0x75, 0x67): 8  // Aug
        case (0x53, 0x65, 0x70): 9  // Sep
        case (0x4f, 0x63, 0x74): 10  // Oct
        case (0x4e, 0x6f, 0x76): 11  // Nov
        case (0x44, 0x65, 0x63): 12  // Dec
        default: nil
        }
    }
}
