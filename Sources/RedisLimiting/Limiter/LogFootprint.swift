package import ParallaxCore

/// What one caller at its limit costs Redis.
package struct LogFootprint: Equatable, Sendable {
    /// From so many units on `config check` warns of a limit: Redis keeps most of a megabyte for one caller.
    package static let unitsToWarnFrom = 100_000

    /// From so many units on a log grows at its end, where Redis gives it as much again to spare.
    private static let growingUnits = 16_000
    /// Key, entry, expiry and the strings' own heads.
    private static let overheadBytes = 170
    /// Header of a log, and the room at the end of a longer one.
    private static let extraBytes = 12 + 256

    /// The most units that the longest window of the policy can hold.
    package let units: Int
    /// Bytes of memory, at most about: the allocator rounds up by as much as a quarter.
    package let bytes: Int

    package init(_ policy: Policy) {
        // A shorter window lets its limit through each time that it begins again.
        let longest = policy.longestDurationMilliseconds
        units =
            policy.windows.map { window in
                let turns = (longest + window.durationMilliseconds - 1) / window.durationMilliseconds
                return Int(min(Int64(Policy.maximumLimit), Int64(window.limit) * turns))
            }.min()!
        let written = units * 4 + Self.extraBytes
        bytes = (units < Self.growingUnits ? written + written / 4 : written * 2) + Self.overheadBytes
    }
}
