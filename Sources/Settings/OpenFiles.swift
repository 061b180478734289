import Foundation
import RedisLimiting

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How many files the process may have open, and how many of them are for connections.
///
/// The process must never run out: a flag file that cannot be opened is not followed, and libdispatch ends the process
/// when it cannot open a file of its own.
package struct OpenFiles: Equatable, Sendable {
    /// Connections that were accepted in excess while those whose place they take are closed.
    package static let connectionsBeingClosed = 32
    /// The most connections that are served if no setting says how many.
    package static let defaultMaximumConnections = 10_000
    /// The flag file, SQLite, alerts, what libraries open for a moment, and what a process has from its start.
    private static let ownFiles = 96
    /// An event loop has three, and libdispatch opens one for each of its threads.
    private static let filesPerProcessor = 5
    /// A cluster's masters are not known before it is asked.
    private static let assumedMasters = 16

    /// The most files that the process may ask for.
    package let limit: Int
    /// Those that connections must leave to the rest of the service.
    package let reserve: Int

    package init(limit: Int, reserve: Int) {
        self.limit = limit
        self.reserve = reserve
    }

    /// - Parameter limit: The most files that the process may ask for.
    package init(_ redis: Settings.Redis, limit: Int = OpenFiles.hardLimit) {
        var servers = 1
        if case .cluster = (try? RedisURL(redis.url.revealed))?.deployment { servers = Self.assumedMasters }
        self.init(
            limit: limit,
            reserve: Self.ownFiles + Self.connectionsBeingClosed
                + Self.filesPerProcessor * ProcessInfo.processInfo.processorCount + redis.maximumConnections * servers)
    }

    /// The most connections that the limit leaves room for; may be 0 or less.
    package var room: Int { limit - reserve }

    /// The connections to serve.
    ///
    /// - Parameter setting: What `HTTP_MAX_CONNECTIONS` says; `nil` for as many as there is room for.
    package func maximumConnections(_ setting: Int?) -> Int {
        max(1, setting ?? min(room, Self.defaultMaximumConnections))
    }

    /// The process's limit, up to which it may raise its own.
    package static var hardLimit: Int {
        Int(clamping: current?.rlim_max ?? 1024)
    }

    /// The process's own limit as it is now.
    package static var softLimit: Int {
        Int(clamping: current?.rlim_cur ?? 1024)
    }

    /// Raises the process's soft limit to what it needs.
    ///
    /// No further: some programs that it starts close every number up to the limit.
    package static func raise(to needed: Int) {
        guard var limit = current, limit.rlim_cur < rlim_t(needed) else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(needed))
        _ = setrlimit(files, &limit)
    }

    private static var current: rlimit? {
        var limit = rlimit()
        return getrlimit(files, &limit) == 0 ? limit : nil
    }

    #if canImport(Darwin)
        private static let files = RLIMIT_NOFILE
    #else
        private static let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
}

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The name of the machine, as the kernel knows it: asking for it never waits for a name server.
package enum HostName {
    package static var current: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let failed = bytes.withUnsafeMutableBytes { gethostname($0.baseAddress!, $0.count - 1) } != 0
        let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return failed || name.isEmpty ? "localhost" : name
    }
}
