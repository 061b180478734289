/// What is fuzzed: the first byte of an input says which, the others are the target's own.
///
/// The fuzzer and the tests run the same bodies: the one to find inputs, the others to keep what was found.
enum FuzzTarget: CaseIterable {
    /// Any bytes, to the parser of replies and to all who read what it made of them.
    case replies
    /// Any bytes, to a connection with callers on it.
    case hostileServer
    /// Replies in order, cut anywhere, to a connection with callers on it.
    case honestServer
    /// Any words, to the writer of commands and back.
    case commands
    /// The answer of the script, for any policy.
    case decisions
    /// Identities and their keys.
    case keys
    /// Addresses of Redis.
    case urls

    /// Runs one input.
    ///
    /// - Throws: ``Violation`` where something that must hold does not.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        var input = FuzzInput(bytes)
        switch allCases[input.number(below: allCases.count)] {
        case .replies: try RepliesTarget.run(&input)
        case .hostileServer: try HostileServerTarget.run(&input)
        case .honestServer: try HonestServerTarget.run(&input)
        case .commands: try CommandsTarget.run(&input)
        case .decisions: try DecisionsTarget.run(&input)
        case .keys: try KeysTarget.run(&input)
        case .urls: try URLsTarget.run(&input)
        }
    }
}
