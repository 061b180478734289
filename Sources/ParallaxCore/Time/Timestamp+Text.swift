/// Instants as text, in UTC.
extension Timestamp {
    /// For people, to the second: `2026-11-23 14:01:09`.
    package var text: String { "\(date) \(timeOfDay)" }

    /// For people, to the minute: `2026-11-23 14:01`.
    package var textToTheMinute: String { String(text.dropLast(3)) }

    /// For people, to the millisecond: `2026-11-23 14:01:09.007`.
    package var textToTheMillisecond: String { "\(text).\(Self.padded(parts.millisecond, to: 3))" }

    /// Two instants, the second without the day if it is the same: `2026-11-23 14:01:09 to 14:02:10`.
    package static func period(_ from: Timestamp, _ to: Timestamp, toTheMinute: Bool = false) -> String {
        let (first, last) = toTheMinute ? (from.textToTheMinute, to.textToTheMinute) : (from.text, to.text)
        return "\(first) to \(from.date == to.date ? String(last.dropFirst(11)) : last)"
    }

    /// The time of day, which a time that is only a second's part away counts as reached: `14:03:10 UTC`.
    package var timeOfDayRoundedUp: String { "\(Timestamp(milliseconds: secondsRoundedUp * 1000).timeOfDay) UTC" }

    /// The time of day to the second: `14:03:10`.
    package var timeOfDay: String {
        let second = parts.second
        return [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, to: 2) }.joined(separator: ":")
    }

    /// RFC 3339 with milliseconds if there are any: `2026-11-23T14:01:09Z`, `2026-11-23T14:01:09.007Z`.
    package var iso8601: String { parts.millisecond == 0 ? iso8601Seconds : iso8601Milliseconds }

    /// RFC 3339 to the second: `2026-11-23T14:01:09Z`.
    package var iso8601Seconds: String { "\(date)T\(timeOfDay)Z" }

    /// RFC 3339 to the millisecond: `2026-11-23T14:01:09.007Z`.
    package var iso8601Milliseconds: String { "\(date)T\(timeOfDay).\(Self.padded(parts.millisecond, to: 3))Z" }

    /// `2026-11-23`, in the Gregorian calendar.
    ///
    /// Days are counted from 1 March of the year 0, so that the day that a leap year adds is a year's last (Howard
    /// Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
    private var date: String {
        let days = parts.day + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(day, to: 2))"
    }

    /// Days since the epoch, the second of the day and the millisecond of the second.
    private var parts: (day: Int64, second: Int64, millisecond: Int64) {
        var (day, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        if rest < 0 { (day, rest) = (day - 1, rest + 86_400_000) }
        return (day, rest / 1000, rest % 1000)
    }

    private static func padded(_ number: Int64, to digits: Int) -> String {
        let text = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
