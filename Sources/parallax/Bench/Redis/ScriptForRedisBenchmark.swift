import ParallaxCore
import RedisLimiting

/// The limiter's script as redis-benchmark can call it.
///
/// redis-benchmark ends every word at its first zero byte, and the windows' numbers hold some. Such an argument is
/// replaced by one of as many other bytes, and a line before the script restores the right one, which takes a few
/// hundredths of a microsecond. So the number and the lengths of the words are the same.
struct ScriptForRedisBenchmark: Equatable, Sendable {
    /// What redis-benchmark replaces by twelve digits, another number in every call.
    static let placeholder = "__rand_int__"
    private static let digits = 12

    /// The script to load.
    let source: [UInt8]
    /// The key and the arguments.
    let words: [String]

    /// The name of an identity, as redis-benchmark makes it from its number.
    static func identifier(_ number: Int) -> String {
        let text = String(number)
        return "client-" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// - Parameters:
    ///   - source: The limiter's script.
    ///   - command: `EVALSHA`, hash, `1`, key and arguments, as the limiter sends them.
    init(source: [UInt8], command: [[UInt8]]) {
        precondition(command.count > 3, "the script has a key")
        var before = ""
        var words = [String(decoding: command[3], as: UTF8.self)]
        for (place, argument) in command[4...].enumerated() {
            if argument.contains(0) {
                before += "ARGV[\(place + 1)] = '\(Self.escaped(argument))'\n"
                words.append(String(repeating: "x", count: argument.count))
            } else {
                words.append(String(decoding: argument, as: UTF8.self))
            }
        }
        self.source = Array(before.utf8) + source
        self.words = words
    }

    /// For requests of one policy, each of another identity.
    init(_ script: MeasuredScript, policy: Policy) throws {
        let request = try CheckRequest(identity: Identity(identifier: "client-\(Self.placeholder)"), policy: policy)
        self.init(source: script.source, command: script.command(for: request).words)
    }

    /// The bytes between the quotes of a Lua string: each as a backslash and three digits.
    private static func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte)
            return #"\"# + String(repeating: "0", count: 3 - digits.utf8.count) + digits
        }.joined()
    }
}
