/// Reads Redis's `INFO`.
enum RedisInfo {
    /// The whole number of a line `name:number`; `nil` if there is none.
    static func number(_ name: String, in text: String) -> Int? {
        text.split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix(name + ":") }
            .flatMap { Int($0.dropFirst(name.utf8.count + 1)) }
    }
}
