import Foundation
import ParallaxCore
import Settings

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The process's own figures under the names that every client library of Prometheus gives them.
///
/// Read from `/proc`; without it, only processor time is reported.
struct ProcessMetrics {
    let proc: URL

    init(proc: URL = URL(filePath: "/proc")) {
        self.proc = proc
    }

    func write(to text: inout PrometheusText) {
        var usage = rusage()
        if getrusage(Self.ownUsage, &usage) == 0 {
            text.begin("process_cpu_seconds_total", .counter, help: "Processor time, user and system, in seconds.")
            text.sample("process_cpu_seconds_total", Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime))
        }
        let pages = fields("self/statm").compactMap { Int($0) }
        if pages.count >= 2 {
            let pageBytes = sysconf(Int32(_SC_PAGESIZE))
            text.begin("process_virtual_memory_bytes", .gauge, help: "Virtual memory in bytes.")
            text.sample("process_virtual_memory_bytes", pages[0] * pageBytes)
            text.begin("process_resident_memory_bytes", .gauge, help: "Resident memory in bytes.")
            text.sample("process_resident_memory_bytes", pages[1] * pageBytes)
        }
        if let start = startTime {
            text.begin("process_start_time_seconds", .gauge, help: "When the process began, in seconds since 1970.")
            text.sample("process_start_time_seconds", start)
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: proc.appending(path: "self/fd").path) {
            text.begin("process_open_fds", .gauge, help: "Open files.")
            text.sample("process_open_fds", files.count)
        }
        text.begin("process_max_fds", .gauge, help: "The most files that may be open.")
        text.sample("process_max_fds", OpenFiles.softLimit)
    }

    /// Seconds since 1970: when the machine started, and how long after that the process did.
    private var startTime: Double? {
        // The name of the program, in brackets, may hold blanks: what follows it is counted.
        guard let line = try? String(contentsOf: proc.appending(path: "self/stat"), encoding: .utf8),
            let end = line.lastIndex(of: ")")
        else { return nil }
        let rest = line[line.index(after: end)...].split(separator: " ")
        let boot = (try? String(contentsOf: proc.appending(path: "stat"), encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("btime ") }?.split(separator: " ").last
        guard rest.count > 19, let ticks = Double(rest[19]), let boot = boot.flatMap({ Double($0) }) else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func fields(_ name: String) -> [Substring] {
        ((try? String(contentsOf: proc.appending(path: name), encoding: .utf8)) ?? "").split(separator: " ")
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    #if canImport(Darwin)
        private static let ownUsage = RUSAGE_SELF
    #else
        private static let ownUsage = __rusage_who_t(RUSAGE_SELF.rawValue)
    #endif
}

extension BuildInfo {
    static func write(to text: inout PrometheusText) {
        text.begin("parallax_build_info", .gauge, help: "Always 1; the labels say which build this is.")
        text.sample("parallax_build_info", ["version": version], 1)
    }
}
