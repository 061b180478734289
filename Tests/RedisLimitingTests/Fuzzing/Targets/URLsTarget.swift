import ParallaxCore
@testable import RedisLimiting

/// Addresses of Redis: any text is read or refused, is printed in one line, and never with a password.
enum URLsTarget {
    private static let schemes = [
        "redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "Redis+Unix", "http", "",
    ]
    /// The password stands in two halves around a byte of the input, so that every reserved character comes up.
    private static let halves = ["s3cr3t", "h1dd3n"]

    static func run(_ input: inout FuzzInput) throws(Violation) {
        let choice = input.number(below: 2 * schemes.count)
        let scheme = schemes[choice % schemes.count]
        if choice < schemes.count {
            try check(scheme + "://" + String(decoding: input.remainder(), as: UTF8.self))
        } else {
            try checkSecret(scheme: scheme, &input)
        }
    }

    private static func check(_ text: String) throws(Violation) {
        let url: RedisURL
        do throws(RedisURLError) {
            url = try RedisURL(text)
        } catch {
            return try Violation.unlessPrintable("\(error)")
        }
        let description = "\(url)"
        try Violation.unlessOneLine(description)
        // Percent-encoding makes three of a byte; what is left out of an address is added.
        try Violation.unless(
            description.utf8.count <= 3 * text.utf8.count + 64,
            "\(text.debugDescription) is printed in \(description.utf8.count) bytes")
        guard let again = try? RedisURL(description) else {
            throw Violation(
                description: "\(text.debugDescription) is printed as \(description), which is not an address")
        }
        try Violation.unless("\(again)" == description, "\(description) is read again as \(again)")
        guard !url.hasLogin else { return }
        try Violation.unless(again == url, "\(text.debugDescription) is printed as \(description), another address")
    }

    /// Where a password was meant to be, it is never printed, whatever stands around it.
    private static func checkSecret(scheme: String, _ input: inout FuzzInput) throws(Violation) {
        let separator = String(decoding: input.piece(of: 1 + input.number(below: 4)), as: UTF8.self)
        let user = PercentEncoding.encode(input.text())
        let rest = String(decoding: input.remainder(), as: UTF8.self)
        guard !halves.contains(where: { rest.contains($0) || user.contains($0) }) else { return }
        let text = "\(scheme)://\(user):\(halves[0])\(separator)\(halves[1])@\(rest)"
        let printed: [String]
        do throws(RedisURLError) {
            let url = try RedisURL(text)
            printed = ["\(url)", url.debugDescription, "\([url])", "\(String(reflecting: url.deployment))"]
        } catch {
            printed = ["\(error)", String(reflecting: error)]
        }
        for line in printed {
            try Violation.unless(
                !halves.contains { line.contains($0) }, "of \(text.debugDescription) a password is printed: \(line)")
        }
    }
}

extension RedisURL {
    /// Whether it holds a user or a password, of Redis or of the sentinels: both are left out where it is printed.
    fileprivate var hasLogin: Bool {
        if user != nil || password != nil { return true }
        guard case .sentinel(let sentinels) = deployment else { return false }
        return sentinels.user != nil || sentinels.password != nil
    }
}
