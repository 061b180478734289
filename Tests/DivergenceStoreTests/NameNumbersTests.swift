import Testing

@testable import DivergenceStore

/// Numbers for pairs of names.
@Suite struct NameNumbersTests {
    private static func number(_ numbers: inout NameNumbers, _ first: String, _ second: String) -> Int {
        Array(first.utf8).withUnsafeBytes { first in
            Array(second.utf8).withUnsafeBytes { numbers.number(of: first, $0) }
        }
    }

    @Test("a pair keeps its number, however many come after it")
    func many() {
        var numbers = NameNumbers()
        for number in 0..<10_000 {
            #expect(Self.number(&numbers, "acme-\(number % 7)", "client-\(number)") == number)
        }
        for number in (0..<10_000).reversed() {
            #expect(Self.number(&numbers, "acme-\(number % 7)", "client-\(number)") == number)
        }
        #expect(numbers.count == 10_000)
    }

    @Test("pairs of the same bytes, divided elsewhere, are different")
    func division() {
        var numbers = NameNumbers()
        let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("a\0b", "c"), ("a", "\0bc")]
        #expect(pairs.map { Self.number(&numbers, $0.0, $0.1) } == [0, 1, 2, 3, 4, 5])
    }

    @Test("names that look alike are different by their bytes")
    func bytes() {
        var numbers = NameNumbers()
        #expect(Self.number(&numbers, "acme", "\u{E9}") == 0)
        #expect(Self.number(&numbers, "acme", "e\u{301}") == 1)
    }
}
