import Foundation
import ParallaxTesting
import RedisLimiting

/// Lends a Redis whose clock is ahead of this machine's, by means of Debian's libfaketime.
///
/// - Parameter seconds: How far ahead; whole seconds.
func withSkewedRedis<Result>(
    secondsAhead seconds: Int, _ body: (PrivateRedis) async throws -> Result
) async throws -> Result {
    let launcher = [
        "env",
        // The C library's own allocator before the server's, whose first act is to ask for the time and so to recurse.
        "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1:libc.so.6",
        "FAKETIME=+\(seconds)s", "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]
    return try await withPrivateRedis(launcher: launcher) { redis in
        let before = Int(Date().timeIntervalSince1970)
        guard try await secondsOfClock(redis) - before >= seconds else { throw ClockNotSkewed() }
        return try await body(redis)
    }
}

/// Lends a Redis whose clock steps when a test says so.
///
/// - Parameter folder: For the file that tells the server how far its clock is ahead.
func withSteppingRedis<Result>(
    in folder: URL, _ body: (PrivateRedis, _ setAhead: (_ seconds: Int) throws -> Void) async throws -> Result
) async throws -> Result {
    let file = folder.appending(path: "ahead")
    func setAhead(_ seconds: Int) throws { try Data("+\(seconds)s\n".utf8).write(to: file, options: .atomic) }
    try setAhead(0)
    let launcher = [
        "env", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1:libc.so.6",
        "FAKETIME_TIMESTAMP_FILE=\(file.path)", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]
    return try await withPrivateRedis(launcher: launcher) { redis in
        let before = try await secondsOfClock(redis)
        try setAhead(100)
        guard try await secondsOfClock(redis) - before >= 100 else { throw ClockNotSkewed() }
        try setAhead(0)
        return try await body(redis, setAhead)
    }
}

private func secondsOfClock(_ redis: PrivateRedis) async throws -> Int {
    guard case .array(let parts) = try await redis.ask("TIME") else { return 0 }
    return parts.first?.text.flatMap { Int($0) } ?? 0
}

/// The server's clock is this machine's.
struct ClockNotSkewed: Error, CustomStringConvertible {
    var description: String {
        "the server's clock could not be set apart; install Debian's libfaketime (.ci/packages does)"
    }
}
