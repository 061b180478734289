import CHiredis

/// Writes commands in RESP2 with hiredis.
enum CommandFormatter {
    /// Formats a command and lends its bytes to the closure.
    ///
    /// - Precondition: The command has at least one word.
    static func withFormattedBytes<Result>(
        of command: RedisCommand, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        precondition(!command.ends.isEmpty, "a command needs at least one word")
        var target: UnsafeMutablePointer<CChar>?
        let count = command.bytes.withUnsafeBytes { bytes in
            format(bytes.bindMemory(to: CChar.self), ends: command.ends, into: &target)
        }
        guard count >= 0, let target else { preconditionFailure("no memory to format a command for Redis") }
        defer { redisFreeCommand(target) }
        return body(UnsafeRawBufferPointer(start: target, count: Int(count)))
    }

    private static func format(
        _ bytes: UnsafeBufferPointer<CChar>, ends: [Int], into target: inout UnsafeMutablePointer<CChar>?
    ) -> Int32 {
        withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: ends.count) { words in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: ends.count) { lengths in
                var start = 0
                for (index, end) in ends.enumerated() {
                    words[index] = bytes.baseAddress.map { $0 + start }
                    lengths[index] = end - start
                    start = end
                }
                return lengths.withMemoryRebound(to: size_t.self) { lengths in
                    redisFormatCommandArgv(&target, Int32(ends.count), words.baseAddress, lengths.baseAddress)
                }
            }
        }
    }
}
