import ParallaxCore

/// The time of a log line as a number since the Unix epoch, such as `1693840791.756`: nginx's `$msec`, Caddy's `ts`.
///
/// Seconds, milliseconds, microseconds or nanoseconds: which of them is seen from the size, which is certain for every
/// time from 1973 to 5138.
enum EpochStamp {
    /// Reads the number that begins at `start`, of ten whole digits at least; `nil` if there is none.
    static func read(_ bytes: Span<UInt8>, at start: Int) -> (time: Timestamp, end: Int)? {
        var end = start
        var whole: Int64 = 0
        while end < bytes.count, end - start < 19, bytes[end] &- UInt8(ascii: "0") < 10 {
            // Nineteen digits may be too many; eighteen never are.
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(bytes[end] &- UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            whole = sum
            end += 1
        }
        guard end - start >= 9 else { return nil }
        let fraction = CivilTime.fraction(bytes, from: &end)
        return (time(whole, fraction: fraction), end)
    }

    private static func time(_ whole: Int64, fraction milliseconds: Int) -> Timestamp {
        switch whole {
        case ..<100_000_000_000: Timestamp(milliseconds: whole * 1000 + Int64(milliseconds))
        case ..<100_000_000_000_000: Timestamp(milliseconds: whole)
        case ..<100_000_000_000_000_000: Timestamp(milliseconds: whole / 1000)
        default: Timestamp(milliseconds: whole / 1_000_000)
        }
    }
}
