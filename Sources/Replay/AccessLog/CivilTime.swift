import ParallaxCore

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
