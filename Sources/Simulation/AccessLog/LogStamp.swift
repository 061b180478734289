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

/// The time of a log line as a number since the Unix epoch, such as `1693840791.756`: nginx's `$msec`, Caddy's `ts`.
///
/// Seconds, milliseconds, microseconds or nanoseconds: which of them is seen from the size, which is certain for every
/// time from 1973 to 5138.
enum EpochStamp {
    /// Reads the number that begins at `start`, of ten whole digits at least; `nil` if there is none.
    static func read(_ bytes: Span<UInt8>, at start: Int) -> (time: Timestamp, end: Int)? {
        var end = start
        var whole: Int64 = 0
        while end < bytes.count, end - start < 19, bytes[end] &- UInt8(ascii: "0") < 10 {
            // Nineteen digits may be too many; eighteen never are.
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(bytes[end] &- UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            whole = sum
            end += 1
        }
        guard end - start >= 9 else { return nil }
        let fraction = CivilTime.fraction(bytes, from: &end)
        return (time(whole, fraction: fraction), end)
    }

    private static func time(_ whole: Int64, fraction milliseconds: Int) -> Timestamp {
        switch whole {
        case ..<100_000_000_000: Timestamp(milliseconds: whole * 1000 + Int64(milliseconds))
        case ..<100_000_000_000_000: Timestamp(milliseconds: whole)
        case ..<100_000_000_000_000_000: Timestamp(milliseconds: whole / 1000)
        default: Timestamp(milliseconds: whole / 1_000_000)
        }
    }
}

/// A date and a time of day as a log writes them, with what they are away from Greenwich.
struct CivilTime {
    var year = 0
    var month = 0
    var day = 0
    var hour = 0
    var minute = 0
    var second = 0
    /// What comes after the whole second, cut off and not rounded, as clocks of milliseconds do.
    var millisecond = 0
    /// Positive to the east of Greenwich.
    var offsetMinutes = 0

    /// The instant; `nil` if the date or the time does not exist.
    var timestamp: Timestamp? {
        // A leap second is the first second of the next minute.
        guard hour < 24, minute < 60, second <= 60, (1...12).contains(month), day >= 1, day <= daysOfMonth
        else { return nil }
        let minutes = (daysSinceEpoch * 24 + hour) * 60 + minute - offsetMinutes
        return Timestamp(milliseconds: Int64(minutes * 60 + second) * 1000 + Int64(millisecond))
    }

    private var daysOfMonth: Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1 January 1970 in the Gregorian calendar, for years from 0.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    private var daysSinceEpoch: Int {
        // Years that begin in March have the leap day at their end.
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

// MARK: Pieces that stamps have in common
extension CivilTime {
    /// A number of exactly so many digits; `nil` if there is none.
    static func digits(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        guard start + count <= bytes.count else { return nil }
        var number = 0
        for index in start..<start + count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    /// The milliseconds of a point or comma and at least one digit at `end`, which then moves on behind them; 0 where
    /// there is no fraction.
    static func fraction(_ bytes: Span<UInt8>, from end: inout Int) -> Int {
        guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: ",") else {
            return 0
        }
        var index = end + 1
        var milliseconds = 0
        var place = 100
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
            milliseconds += Int(bytes[index] &- UInt8(ascii: "0")) * place
            place /= 10
            index += 1
        }
        if index > end + 1 { end = index }
        return milliseconds
    }

    /// `+hhmm`, `-hhmm` or `+hh:mm` at `end`, which then moves on behind it.
    static func offsetMinutes(_ bytes: Span<UInt8>, from end: inout Int) -> Int? {
        guard end < bytes.count, let hours = digits(bytes, end + 1, 2), hours <= 14 else { return nil }
        let colon = end + 3 < bytes.count && bytes[end + 3] == UInt8(ascii: ":") ? 1 : 0
        guard let minutes = digits(bytes, end + 3 + colon, 2), minutes < 60 else { return nil }
        let sign = bytes[end]
        end += 5 + colon
        switch sign {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }
}
