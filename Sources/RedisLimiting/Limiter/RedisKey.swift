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

/// The keys and the channel of one deployment: what tells it from others on the same Redis.
///
/// Every key and the channel begin with the prefix. Pub/Sub knows no database numbers, so that the channel's name ends with the
/// number; that of database 0 has none, as in every release so far.
package struct RedisKeyspace: Equatable, Sendable {
    /// The longest prefix, in bytes.
    package static let maximumPrefixBytes = 64

    package let prefix: String
    private let prefixBytes: [UInt8]
    /// The channel on which resets are announced.
    package let resetsChannel: String

    /// - Precondition: ``problem(withPrefix:)`` is `nil`.
    package init(prefix: String = "", database: Int = 0) {
        precondition(RedisKeyspace.problem(withPrefix: prefix) == nil, "a prefix of keys is checked before it is used")
        self.prefix = prefix
        prefixBytes = Array(prefix.utf8)
        resetsChannel = prefix + RedisKey.resetsChannel + (database == 0 ? "" : ":\(database)")
    }

    /// What is wrong with a prefix; `nil` if nothing is. Braces would move the hash tag, and `*?[]` mean something in patterns.
    package static func problem(withPrefix prefix: String) -> String? {
        guard prefix.utf8.count <= maximumPrefixBytes else { return "is longer than \(maximumPrefixBytes) bytes" }
        let isPlain = prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain ? nil : "holds other characters than letters, digits and :._-"
    }

    /// The key that probes write to.
    package var probe: String { prefix + RedisKey.probe }

    /// One of the keys that probes of several servers write to.
    func probe(number: Int) -> [UInt8] { prefixBytes + RedisKey.probe(number: number) }

    /// The key of an identity's log.
    package func text(for identity: Identity) -> String { prefix + RedisKey.text(for: identity) }

    /// Appends the key of an identity's log.
    func append(_ identity: Identity, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: prefixBytes)
        RedisKey.append(identity, to: &bytes)
    }

    /// How a reset is announced: by the key, or by the pattern of the keys. Releases before know keys only.
    package func message(for scope: ResetScope) -> String {
        switch scope {
        case .identity(let identity): text(for: identity)
        case .organization, .everything: pattern(for: scope)
        }
    }

    /// The reset that a message announces; `nil` for any other message.
    package func scope(fromMessage message: String) -> ResetScope? {
        if let identity = identity(fromKey: message) { return .identity(identity) }
        if message == pattern(for: .everything) { return .everything }
        let (start, end) = (prefix + "rate_limit:{", ":*")
        guard message.hasPrefix(start), message.hasSuffix(end), message.utf8.count > start.utf8.count + end.utf8.count,
            let organization = PercentEncoding.decode(
                message.utf8.dropFirst(start.utf8.count).dropLast(end.utf8.count)),
            pattern(for: .organization(organization)) == message
        else { return nil }
        return .organization(organization)
    }

    /// The pattern of SCAN for the keys of a scope: what it begins with holds no character that means something there.
    func pattern(for scope: ResetScope) -> String {
        switch scope {
        case .identity(let identity): text(for: identity)
        case .organization(let name): prefix + "rate_limit:{" + PercentEncoding.encode(name) + ":*"
        case .everything: prefix + "rate_limit:{*"
        }
    }

    /// The identity whose log has this key; `nil` for any other key.
    package func identity(fromKey key: String) -> Identity? {
        guard key.utf8.starts(with: prefixBytes) else { return nil }
        return RedisKey.identity(fromKey: String(decoding: key.utf8.dropFirst(prefixBytes.count), as: UTF8.self))
    }
}
