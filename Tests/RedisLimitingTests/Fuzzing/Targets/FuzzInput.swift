/// The bytes of one fuzz run, read from the front: a script of what happens. Where they end, zeros follow.
struct FuzzInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A number from 0 to one less than the bound, which is at most 256.
    mutating func number(below bound: Int) -> Int { Int(byte()) % bound }

    /// As many bytes as the first byte says, within what is left.
    mutating func piece() -> [UInt8] { piece(of: Int(byte())) }

    /// This many bytes, or what is left of them.
    mutating func piece(of count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A piece as text; bytes that are not valid UTF-8 are replaced.
    mutating func text() -> String { String(decoding: piece(), as: UTF8.self) }

    /// All that is left.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
