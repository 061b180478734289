import ParallaxCore

/// What `sliding_log.lua` answers: one string, big-endian, laid out as the script's head says.
struct SlidingLogReply {
    private static let headBytes = 25
    private static let windowBytes = 8
    private static let replacedFlag: UInt8 = 128
    private static let steppedBackFlag: UInt8 = 64

    let bytes: [UInt8]

    /// Whether the key held a value that is not a sliding log, which the accepted units have replaced.
    var replacedAlienValue: Bool { (bytes.first ?? 0) & Self.replacedFlag > 0 }

    /// The decision that the answer stands for.
    ///
    /// - Parameter cost: Units that were asked for; the script counts those before them.
    /// - Throws: ``RedisError`` if Redis answered something else. A key that another program wrote can hold any
    ///   numbers: none may reach arithmetic that overflows.
    func decision(policy: Policy, cost: Int) throws(RedisError) -> Decision {
        let count = policy.windows.count
        guard bytes.count == Self.headBytes + count * Self.windowBytes else { throw .noDecision }
        let place = Int(bytes[0] & ~(Self.replacedFlag | Self.steppedBackFlag))
        guard place <= count else { throw .noDecision }
        let now = try time(at: 1)
        let newest = try time(at: 9)
        let effective = bytes[0] & Self.steppedBackFlag > 0 ? now : newest
        let added = place == 0 ? cost : 0
        let windows = policy.windows.enumerated().map { index, window in
            let start = Self.headBytes + index * Self.windowBytes
            return state(window, used: Int(number(at: start)), age: Int64(number(at: start + 4)), added, at: effective)
        }
        guard place > 0 else {
            return Decision(
                outcome: .allowed, windows: windows, retryAfterMilliseconds: 0, judgedAt: Timestamp(milliseconds: now),
                stepBackMilliseconds: max(0, newest - now))
        }
        return Decision(
            outcome: .limited(by: policy.windows[place - 1].name), windows: windows,
            retryAfterMilliseconds: max(0, try time(at: 17) - now), judgedAt: Timestamp(milliseconds: now),
            stepBackMilliseconds: max(0, newest - now))
    }

    /// A window after the decision, from what was used before and the age of the unit that leaves first.
    private func state(_ window: Window, used: Int, age: Int64, _ added: Int, at effective: Int64) -> WindowState {
        // Where nothing was used, what is added now leaves first; if nothing is added either, nothing has to leave.
        let reset = used + added == 0 ? effective : effective - age + window.durationMilliseconds
        return WindowState(window: window, used: used + added, reset: Timestamp(milliseconds: reset))
    }

    /// A whole number of milliseconds that a double holds exactly.
    private func time(at index: Int) throws(RedisError) -> Int64 {
        let value = Double(bitPattern: UInt64(number(at: index)) << 32 | UInt64(number(at: index + 4)))
        guard value >= 0, value <= 0x1p53, let time = Int64(exactly: value) else { throw .noDecision }
        return time
    }

    private func number(at index: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt32.self)) }
    }
}

extension RedisError {
    static let noDecision = RedisError(
        .server, "Redis answered the limiter's script with something that is not a decision")
}
