import Foundation
import ParallaxCore

/// The claims of those who change a flag file, in the folder next to it: one file each, named by its number.
///
/// A number is claimed by adding the file of that name, which exactly one can do, on one machine or on many that share a
/// volume, with no lock and no clock. Every call blocks the thread that makes it.
struct ClaimFiles: Sendable {
    /// Claims kept besides the newest: so far may someone lag behind and still be told that a number is taken.
    static let keptClaims = 64
    private static let prefix = "claim."

    private let folder: CoordinationFolder

    init(in folder: CoordinationFolder) {
        self.folder = folder
    }

    /// The newest claim; `nil` if there is none.
    ///
    /// One that cannot be read counts with its number, and leaves the latch as the one before it has it.
    ///
    /// - Parameters:
    ///   - known: A number that is known to be taken. Those above it are also looked for by their names, since a network
    ///     file system may list a folder as it was a minute ago.
    ///   - last: The newest claim as it was last read: it need not be read again.
    func newest(beyond known: Int64 = 0, last: RollbackFence? = nil) throws(SystemCallError) -> RollbackFence? {
        var numbers = try numbers()
        var next = max(known, numbers.max() ?? 0)
        if known > 0, folder.holds(ClaimFiles.name(known)) { numbers.append(known) }
        while next < .max, folder.holds(ClaimFiles.name(next + 1)) {
            next += 1
            numbers.append(next)
        }
        numbers.sort(by: >)
        guard let newest = numbers.first else { return nil }
        if let last, last.number == newest, !last.process.isEmpty { return last }
        for number in numbers {
            guard let fence = read(number) else { continue }
            if number == newest { return fence }
            return RollbackFence(
                number: newest, holder: "unknown", process: "", time: fence.time, latch: fence.latch)
        }
        return RollbackFence(
            number: newest, holder: "unknown", process: "", time: Timestamp(milliseconds: 0), latch: RollbackLatch())
    }

    /// Claims a number.
    ///
    /// - Returns: Whether it was free, and none above it was claimed.
    func claim(_ fence: RollbackFence) throws(SystemCallError) -> Bool {
        guard try folder.add(ClaimFiles.name(fence.number), ClaimFiles.encode(fence)) else { return false }
        let numbers = try numbers()
        if let highest = numbers.max(), highest > fence.number {
            // It had been claimed, and taken away as too old, before this one's view of the folder.
            folder.remove(ClaimFiles.name(fence.number))
            return false
        }
        for number in numbers where number < fence.number - Int64(ClaimFiles.keptClaims) {
            folder.remove(ClaimFiles.name(number))
        }
        return true
    }

    private func numbers() throws(SystemCallError) -> [Int64] {
        try folder.names().compactMap { name in
            guard name.hasPrefix(ClaimFiles.prefix) else { return nil }
            return Int64(name.dropFirst(ClaimFiles.prefix.count)).flatMap { $0 > 0 ? $0 : nil }
        }
    }

    private func read(_ number: Int64) -> RollbackFence? {
        guard let bytes = folder.read(ClaimFiles.name(number)),
            let fence = try? JSONDecoder().decode(RollbackFence.self, from: Data(bytes)), fence.number == number
        else { return nil }
        return fence
    }

    private static func name(_ number: Int64) -> String { "\(prefix)\(number)" }

    private static func encode(_ fence: RollbackFence) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Strings, whole numbers and nothing else: it has no value that cannot be encoded.
        guard let data = try? encoder.encode(fence) else { preconditionFailure("a claim cannot be encoded") }
        return Array(data)
    }
}

/// What one instance knows of the claims next to the flag file: a value, which never forgets the newest.
struct KnownClaims: Equatable, Sendable {
    /// The newest claim seen; `nil` if there was none.
    private(set) var newest: RollbackFence?
    /// When that was first seen, on this machine's monotonic clock: how long a lease has run is never told from another
    /// machine's clock.
    private(set) var seenAt: Duration = .zero

    mutating func see(_ fence: RollbackFence, at uptime: Duration) {
        let known = newest?.number ?? 0
        guard fence.number >= known else { return }
        if fence.number > known { seenAt = uptime }
        newest = fence
    }

    /// The highest number known; 0 before the first.
    ///
    /// - Parameter written: The number that the file carries, as it was last read; `nil` if it carries none.
    func number(written: Int64?) -> Int64 { max(newest?.number ?? 0, written ?? 0) }

    /// The newest claim if it is for a rollback that is not in the file yet; `nil` if it is not, or the file is newer.
    func lease(written: Int64?) -> RollbackFence? {
        guard let newest, newest.number == number(written: written), newest.isLease(written: written) else {
            return nil
        }
        return newest
    }

    /// The number under which a process is writing a rollback already; `nil` if it is not.
    func ownLease(of process: String, written: Int64?) -> Int64? {
        guard let newest, newest.process == process, newest.isLease(written: written) else { return nil }
        return newest.number
    }
}
