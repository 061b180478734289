import ParallaxCore
import Testing

@testable import DivergenceStore

/// Numbers for pairs of names.
@Suite struct NameInternerTests {
    private static func number(_ numbers: inout NameInterner, _ first: String, _ second: String) -> Int {
        Array(first.utf8).withUnsafeBytes { first in
            Array(second.utf8).withUnsafeBytes { numbers.number(of: first, $0) }
        }
    }

    @Test("a pair keeps its number, however many come after it")
    func many() {
        var numbers = NameInterner()
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
        var numbers = NameInterner()
        let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("a\0b", "c"), ("a", "\0bc")]
        #expect(pairs.map { Self.number(&numbers, $0.0, $0.1) } == [0, 1, 2, 3, 4, 5])
    }

    @Test("pairs are in the order of their bytes, the first names first, and a name before those that it begins")
    func order() {
        var numbers = NameInterner()
        let pairs = [("", ""), ("", "b"), ("a", ""), ("a", "b"), ("a", "bb"), ("a", "\u{E9}"), ("ab", "a")]
        let places = pairs.shuffled().map { ($0, Self.number(&numbers, $0.0, $0.1)) }
        let sorted = places.sorted { numbers.precedes($0.1, $1.1) }.map(\.0)
        #expect(sorted.elementsEqual(pairs) { $0 == $1 })
        #expect(!numbers.precedes(0, 0))
    }

    @Test("of many callers with one request each as many are listed as asked for, in the order of their bytes")
    func ties() {
        var (numbers, counts) = (NameInterner(), CallerCounts())
        for caller in (100..<1_000).shuffled() {
            let number = Self.number(&numbers, "acme", "\(caller)")
            counts.add(identity: number, minute: 1, newlyLimited: caller == 500 ? 2 : 1, newlyAllowed: 0)
        }
        let most = counts.most(.newlyLimited, 3, names: numbers)
        #expect(most.map(\.identifier) == ["500", "100", "101"])
        #expect(counts.most(.newlyLimited, 1_000, names: numbers).count == 900)
        #expect(counts.most(.newlyAllowed, 3, names: numbers).isEmpty)
    }

    @Test("names that look alike are different by their bytes")
    func bytes() {
        var numbers = NameInterner()
        #expect(Self.number(&numbers, "acme", "\u{E9}") == 0)
        #expect(Self.number(&numbers, "acme", "e\u{301}") == 1)
    }
}
