import ParallaxCore

@testable import RedisLimiting

/// Identities and their keys.
enum KeysTarget {
    static func run(_ input: inout FuzzInput) throws(Violation) {
        let (organization, identifier) = (input.text(), input.text())
        if let identity = try? Identity(organization: organization, identifier: identifier) {
            let key = RedisKey.text(for: identity)
            try Violation.unless(key.utf8.allSatisfy { (0x21...0x7e).contains($0) }, "\(key) holds bytes to escape")
            try Violation.unless(RedisKey.identity(fromKey: key) == identity, "\(key) is the key of another")
            try Violation.unless(
                ClusterSlot(of: identity) == ClusterSlot(key: key.dropFirst(11).utf8),
                "\(key) has another slot than its tag")
        }
        let key = String(decoding: input.remainder(), as: UTF8.self)
        if let identity = RedisKey.identity(fromKey: key) { try check(identity, ofKey: key) }
        try checkEscapes(key)
    }

    /// A key stands for one identity, whose key is this and no other.
    static func check(_ identity: Identity, ofKey key: String) throws(Violation) {
        try Violation.unless(
            RedisKey.text(for: identity).utf8.elementsEqual(key.utf8), "\(key.debugDescription) is a second key")
        try Violation.unless(!identity.identifier.isEmpty, "\(key.debugDescription) limits no identity")
    }

    private static func checkEscapes(_ text: String) throws(Violation) {
        let encoded = PercentEncoding.encode(text)
        try Violation.unless(
            PercentEncoding.decode(encoded.utf8)?.utf8.elementsEqual(text.utf8) == true,
            "\(text.debugDescription) changes on the way through \(encoded)")
        if let decoded = PercentEncoding.decode(text.utf8) {
            try Violation.unless(
                PercentEncoding.decode(PercentEncoding.encode(decoded).utf8)?.utf8.elementsEqual(decoded.utf8) == true,
                "\(decoded.debugDescription) changes on the way")
        }
    }
}
