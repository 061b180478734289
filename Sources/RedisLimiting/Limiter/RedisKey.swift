package import ParallaxCore

/// The one place that knows what the keys in Redis look like, without the prefix of a deployment (``RedisKeyspace``).
///
/// `rate_limit:{<organization>:<identifier>}`: both parts percent-encoded, so that no pair of identities can share a
/// key, and the braces make the identity the hash tag of a cluster.
package enum RedisKey {
    /// The channel on which resets are announced; a message is the key of the identity.
    package static let resetsChannel = "parallax:resets"
    /// The key that probes write to; no identity's key begins like it.
    package static let probe = "parallax:probe"

    /// One of the keys that probes of several servers write to; their numbers spread them over the slots of a cluster.
    static func probe(number: Int) -> [UInt8] {
        Array("\(probe):{\(number)}".utf8)
    }

    private static let prefix = Array("rate_limit:{".utf8)

    /// The key of an identity's log.
    package static func text(for identity: Identity) -> String {
        var bytes: [UInt8] = []
        append(identity, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the key of an identity's log.
    static func append(_ identity: Identity, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: prefix)
        PercentEncoding.append(identity.organization, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        PercentEncoding.append(identity.identifier, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    /// The identity whose log has this key; `nil` for any other key.
    package static func identity(fromKey key: String) -> Identity? {
        let bytes = key.utf8
        guard bytes.starts(with: prefix), bytes.last == UInt8(ascii: "}") else { return nil }
        let parts = bytes.dropFirst(prefix.count).dropLast()
            .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let organization = PercentEncoding.decode(parts[0]),
            let identifier = PercentEncoding.decode(parts[1]),
            let identity = try? Identity(organization: organization, identifier: identifier),
            text(for: identity).utf8.elementsEqual(bytes)
        else { return nil }
        return identity
    }
}
