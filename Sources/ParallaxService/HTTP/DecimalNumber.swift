/// A number in JSON's form, exactly as it is written: a `Double` takes `1e-400` for 0, and 40 digits for a whole number.
struct DecimalNumber: Equatable {
    /// More than any number of digits that a body has room for.
    private static let maximumExponent = 1_000_000

    private let isNegative: Bool
    /// Without zeros at either end; empty for 0.
    private let digits: [UInt8]
    /// How many zeros follow the digits; negative if some of the digits follow the point.
    private let zeros: Int

    /// - Parameter text: A number that JSON's grammar allows, shorter than a million digits.
    init(_ text: String) {
        var digits: [UInt8] = []
        var fractionDigits = 0
        var isInFraction = false
        var rest = text.utf8[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        while let byte = rest.popFirst(), byte | 0x20 != UInt8(ascii: "e") {
            if byte == UInt8(ascii: ".") {
                isInFraction = true
            } else {
                digits.append(byte - UInt8(ascii: "0"))
                if isInFraction { fractionDigits += 1 }
            }
        }
        let trailing = digits.reversed().prefix { $0 == 0 }.count
        self.digits = Array(digits.dropLast(trailing).drop { $0 == 0 })
        zeros = Self.exponent(rest) - fractionDigits + trailing
    }

    /// The exponent; one with more digits than any number needs is as good as the largest.
    private static func exponent(_ text: Substring.UTF8View) -> Int {
        if text.isEmpty { return 0 }
        let limit = text.first == UInt8(ascii: "-") ? -maximumExponent : maximumExponent
        guard let value = Int(Substring(text)), value.magnitude <= maximumExponent else { return limit }
        return value
    }

    var isWhole: Bool { digits.isEmpty || zeros >= 0 }

    /// The number if it is whole and fits; else `nil`.
    var integer: Int? {
        if digits.isEmpty { return 0 }
        guard zeros >= 0, digits.count + zeros <= 18 else { return nil }
        let value = (digits + Array(repeating: 0, count: zeros)).reduce(0) { $0 * 10 + Int($1) }
        return isNegative ? -value : value
    }
}
