import Glibc
import RedisLimiting

/// The clock of a Redis of a test's own, which the test sets by means of Debian's libfaketime.
package struct SteppingClock: Sendable {
    /// Whether the clock can be set. Continuous integration installs libfaketime, so that a missing one is a failure there.
    package static var isAvailable: Bool {
        getenv("CI") != nil || isInstalled
    }
    package static let remedy = "libfaketime is not installed: apt-get install libfaketime (.ci/packages does)"

    private let folder: ServerFolder
    private var file: String { folder.path + "/clock" }

    fileprivate init() throws {
        folder = try ServerFolder()
        try set(secondsAhead: 0)
    }

    /// What becomes the server, its clock following the file.
    fileprivate var launcher: [String] {
        [
            "env",
            // The C library's own allocator before the server's, whose first act is to ask for the time and so to recurse.
            "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1:libc.so.6",
            "FAKETIME_TIMESTAMP_FILE=\(file)", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]
    }

    /// Sets the server's clock, from its next look at it on.
    ///
    /// - Parameter seconds: How far ahead of this machine's clock; negative for behind.
    package func set(secondsAhead seconds: Int) throws {
        let text = (seconds < 0 ? "" : "+") + "\(seconds)s\n"
        guard let stream = fopen(file + ".new", "w") else { throw ClockNotSet() }
        let isWritten = fputs(text, stream) >= 0
        guard fclose(stream) == 0, isWritten, rename(file + ".new", file) == 0 else { throw ClockNotSet() }
    }

    fileprivate func remove() {
        unlink(file)
        folder.remove()
    }

    private static var isInstalled: Bool {
        var found = glob_t()
        defer { globfree(&found) }
        return glob("/usr/lib/*/faketime/libfaketime.so.1", 0, nil, &found) == 0
    }
}

/// Lends a Redis whose clock the body sets.
///
/// - Parameter seconds: How far its clock is ahead of this machine's at first.
package func withSteppingRedis<Result>(
    secondsAhead seconds: Int = 0, _ body: (PrivateRedis, SteppingClock) async throws -> Result
) async throws -> Result {
    let clock = try SteppingClock()
    defer { clock.remove() }
    return try await withPrivateRedis(launcher: clock.launcher) { redis in
        // A day cannot be mistaken for this machine's clock.
        try clock.set(secondsAhead: 86_400)
        let now = time(nil)
        guard case .array(let parts) = try await redis.ask("TIME"), let shown = parts.first?.text.flatMap({ Int($0) }),
            shown - now > 80_000
        else { throw ClockNotSet() }
        try clock.set(secondsAhead: seconds)
        return try await body(redis, clock)
    }
}

/// The server's clock is this machine's.
struct ClockNotSet: Error, CustomStringConvertible {
    var description: String { "the server's clock could not be set; \(SteppingClock.remedy)" }
}
