import Foundation

/// An attack in a process of its own: what another measurement has left to its process would hide what it takes.
struct AttackProcess: Sendable {
    static let limit: Duration = .seconds(600)

    let shape: MemoryAttack.Shape
    let identities: Int
    let folder: String

    /// Runs the attack to its end.
    ///
    /// - Returns: `nil` if the task was cancelled.
    func run() async throws -> MemoryAttack.Outcome? {
        let output = "\(folder)/attack-\(shape.rawValue).json"
        let process = try InstanceProcess(
            InstanceProcess.Launch(
                executable: "/proc/self/exe",
                arguments: ["bench", "attack", "--names", shape.rawValue, "--identities", "\(identities)"],
                environment: ProcessInfo.processInfo.environment, folder: folder, logPath: output))
        let hasEnded = await process.waitForExit(atMost: AttackProcess.limit)
        if !hasEnded { _ = await process.stop(grace: .seconds(1)) }
        process.cutLifeline()
        if Task.isCancelled { return nil }
        let data = FileManager.default.contents(atPath: output) ?? Data()
        guard hasEnded, let outcome = try? JSONDecoder().decode(MemoryAttack.Outcome.self, from: data) else {
            throw CommandFailure(
                .failure, "the attack with \(shape.rawValue) names did not finish",
                remedy: "Its output:\n\(process.lastLines(10))")
        }
        return outcome
    }
}
