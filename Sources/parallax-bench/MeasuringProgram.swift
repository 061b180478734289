import CommandSupport
import Foundation

/// A program of the system that a measurement needs.
struct MeasuringProgram: Equatable, Sendable {
    let name: String
    /// The Debian package that brings it.
    let package: String

    static let wrk = MeasuringProgram(name: "wrk", package: "wrk")
    static let redisBenchmark = MeasuringProgram(name: "redis-benchmark", package: "redis-tools")

    /// Finds the program in the folders of a `PATH`.
    func find(searchPath: String) throws -> String {
        let candidates = searchPath.split(separator: ":").map { "\($0)/\(name)" }
        guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw CommandFailure(
                .failure, "\(name), which sends the requests, was not found in PATH",
                remedy: "Install it: apt-get install \(package)")
        }
        return path
    }

    /// Finds it in this process's `PATH`.
    func find() throws -> String {
        try find(searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
    }
}
