import ParallaxCore

/// The time of a log line, such as `10/Oct/2000:13:55:36 -0700`: Apache's `%t` and nginx's `$time_local`.
enum LogStamp {
    /// Bytes of a stamp without its brackets.
    static let byteCount = 26

    /// Reads the stamp that begins at `start`; `nil` where there is none or its date does not exist.
    static func parse(_ bytes: Span<UInt8>, at start: Int) -> Timestamp? {
        guard bytes.count - start >= byteCount, isPunctuated(bytes, at: start),
            let day = digits(bytes, start, 2), let month = month(bytes, start + 3),
            let year = digits(bytes, start + 7, 4), let hour = digits(bytes, start + 12, 2),
            let minute = digits(bytes, start + 15, 2), let second = digits(bytes, start + 18, 2),
            let offset = offsetMinutes(bytes, start + 21),
            // A leap second is the first second of the next minute.
            hour < 24, minute < 60, second <= 60, day >= 1, day <= daysOfMonth(month, year: year)
        else { return nil }
        let minutes = (daysSinceEpoch(year: year, month: month, day: day) * 24 + hour) * 60 + minute - offset
        return Timestamp(milliseconds: Int64(minutes * 60 + second) * 1000)
    }

    private static func isPunctuated(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        bytes[start + 2] == UInt8(ascii: "/") && bytes[start + 6] == UInt8(ascii: "/")
            && bytes[start + 11] == UInt8(ascii: ":") && bytes[start + 14] == UInt8(ascii: ":")
            && bytes[start + 17] == UInt8(ascii: ":") && bytes[start + 20] == UInt8(ascii: " ")
    }

    private static func digits(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var number = 0
        for index in start..<start + count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
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

    /// `+hhmm` or `-hhmm`, positive to the east of Greenwich.
    private static func offsetMinutes(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
        guard let hours = digits(bytes, start + 1, 2), let minutes = digits(bytes, start + 3, 2), minutes < 60,
            hours <= 14
        else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func daysOfMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1 January 1970 in the Gregorian calendar, for years from 0.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        // Years that begin in March have the leap day at their end.
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
