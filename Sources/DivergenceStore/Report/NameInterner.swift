import Foundation

/// Numbers pairs of names in the order in which they first come, by their bytes.
///
/// A report reads a million rows of a few thousand identities: to make strings of each takes longer than to read them.
struct NameInterner: Sendable {
    /// Where a pair's bytes lie, one name after the other.
    private struct Entry {
        let hash: Int
        let start: Int
        let firstCount: Int
        let secondCount: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// The numbers by their hashes, each in the first free place from there on; a power of two, at most half of them taken.
    private var places: [Int32] = Array(repeating: -1, count: 64)

    var count: Int { entries.count }

    /// - Returns: The pair's number, from 0 on.
    mutating func number(of first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(first.count)
        hasher.combine(bytes: first)
        hasher.combine(bytes: second)
        let hash = hasher.finalize()
        var place = hash & (places.count - 1)
        while places[place] >= 0 {
            let number = Int(places[place])
            if isEqual(entries[number], hash: hash, first, second) { return number }
            place = (place + 1) & (places.count - 1)
        }
        places[place] = Int32(entries.count)
        entries.append(Entry(hash: hash, start: bytes.count, firstCount: first.count, secondCount: second.count))
        bytes.append(contentsOf: first)
        bytes.append(contentsOf: second)
        if entries.count * 2 > places.count { grow() }
        return entries.count - 1
    }

    /// The pair that has a number.
    func names(of number: Int) -> (first: ExactText, second: ExactText) {
        let entry = entries[number]
        let middle = entry.start + entry.firstCount
        return (
            ExactText(String(decoding: bytes[entry.start..<middle], as: UTF8.self)),
            ExactText(String(decoding: bytes[middle..<(middle + entry.secondCount)], as: UTF8.self))
        )
    }

    /// Whether a pair comes before another in the order of their bytes, the first names first.
    func precedes(_ left: Int, _ right: Int) -> Bool {
        bytes.withUnsafeBytes { bytes in
            let (left, right) = (entries[left], entries[right])
            let first = Self.order(
                bytes[left.start..<left.start + left.firstCount], bytes[right.start..<right.start + right.firstCount])
            guard first == 0 else { return first < 0 }
            let (leftMiddle, rightMiddle) = (left.start + left.firstCount, right.start + right.firstCount)
            return Self.order(
                bytes[leftMiddle..<leftMiddle + left.secondCount],
                bytes[rightMiddle..<rightMiddle + right.secondCount]) < 0
        }
    }

    /// Less than 0 if the left bytes come first, 0 if they are equal.
    private static func order(_ left: Slice<UnsafeRawBufferPointer>, _ right: Slice<UnsafeRawBufferPointer>) -> Int {
        let (leftBytes, rightBytes) = (UnsafeRawBufferPointer(rebasing: left), UnsafeRawBufferPointer(rebasing: right))
        let shared = min(left.count, right.count)
        let order = shared == 0 ? 0 : memcmp(leftBytes.baseAddress!, rightBytes.baseAddress!, shared)
        return order == 0 ? left.count - right.count : Int(order)
    }

    private func isEqual(
        _ entry: Entry, hash: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Bool {
        guard entry.hash == hash, entry.firstCount == first.count, entry.secondCount == second.count else {
            return false
        }
        return bytes.withUnsafeBytes { bytes in
            let known = UnsafeRawBufferPointer(rebasing: bytes[entry.start...])
            return Self.begins(known, with: first)
                && Self.begins(UnsafeRawBufferPointer(rebasing: known[first.count...]), with: second)
        }
    }

    /// By a block at a time, where comparing sequences goes by single bytes.
    private static func begins(_ bytes: UnsafeRawBufferPointer, with name: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, let name = name.baseAddress.map({ ($0, name.count) }) else {
            return name.isEmpty
        }
        return memcmp(start, name.0, name.1) == 0
    }

    private mutating func grow() {
        places = Array(repeating: -1, count: places.count * 2)
        for (number, entry) in entries.enumerated() {
            var place = entry.hash & (places.count - 1)
            while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
            places[place] = Int32(number)
        }
    }
}
