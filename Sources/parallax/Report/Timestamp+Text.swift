import Foundation
import ParallaxCore

extension Timestamp {
    /// `2026-11-23T14:01:09Z`, with milliseconds where there are any.
    var iso8601: String {
        // Only the whole seconds: in a floating-point number a millisecond can become the one before.
        let (seconds, rest) = wholeSeconds
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return rest == 0 ? text : "\(text.dropLast()).\(Self.threeDigits(rest))Z"
    }

    /// `2026-11-23 14:01:09.007`, in UTC.
    var toTheMillisecond: String {
        let (seconds, rest) = wholeSeconds
        return "\(Figures.time(Timestamp(milliseconds: seconds * 1000))).\(Self.threeDigits(rest))"
    }

    private var wholeSeconds: (seconds: Int64, milliseconds: Int64) {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? (quotient - 1, remainder + 1000) : (quotient, remainder)
    }

    private static func threeDigits(_ number: Int64) -> String {
        String(repeating: "0", count: 3 - String(number).count) + String(number)
    }
}
