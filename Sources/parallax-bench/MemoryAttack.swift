import ArgumentParser
import CommandSupport
import Foundation
import ParallaxCore

/// An attacker who invents identities: does the limiter's memory stay within its bounds?
struct MemoryAttack: Sendable {
    /// What the invented identities are like.
    enum Shape: String, CaseIterable, Codable, Sendable {
        /// Short names, one unit each: as many identities as the bound allows.
        case short
        /// The longest names and the largest cost: as many bytes as one identity can take at once.
        case longest
    }

    /// What came of it. All bytes but those of `occupancy` are the process's resident memory.
    struct Outcome: Codable, Equatable, Sendable {
        let shape: Shape
        let identities: Int
        let bytesBefore: Int
        let mostBytes: Int
        let boundIdentities: Int
        let boundBytes: Int
        let heldIdentities: Int
        /// The limiter's own estimate.
        let heldBytes: Int
        let evictions: Int

        var growth: Int { max(0, mostBytes - bytesBefore) }
    }

    let shape: Shape
    let identities: Int
    let bounds: MemoryBounds

    /// Lets every identity ask once.
    func run() throws -> Outcome {
        let before = try ResidentMemory.bytes()
        let limiter = InMemoryLimiter(bounds: bounds)
        var most = before
        for number in 0..<identities {
            // A microsecond each: nothing leaves a window by itself.
            let now = MemoryWorkload.start + Int64(number / 1000)
            _ = limiter.judge(request(number), at: now)
            if number % 100_000 == 0 { most = max(most, try ResidentMemory.bytes()) }
        }
        most = max(most, try ResidentMemory.bytes())
        let held = limiter.occupancy
        return Outcome(
            shape: shape, identities: identities, bytesBefore: before, mostBytes: most,
            boundIdentities: bounds.identities, boundBytes: bounds.bytes, heldIdentities: held.identities,
            heldBytes: held.bytes, evictions: held.evictions)
    }

    private func request(_ number: Int) -> CheckRequest {
        switch shape {
        case .short:
            try! CheckRequest(identity: Identity(identifier: "c\(number)"), policy: .defaultValue)
        case .longest:
            try! CheckRequest(
                identity: Identity(organization: longName("o", number), identifier: longName("i", number)),
                policy: .defaultValue, cost: Policy.defaultValue.smallestLimit)
        }
    }

    private func longName(_ start: String, _ number: Int) -> String {
        let name = "\(start)\(number)"
        return name + Substring(MemoryAttack.padding.utf8.dropFirst(name.utf8.count))
    }

    private static let padding = String(repeating: "x", count: Identity.maximumBytes)
}

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
                arguments: ["attack", "--names", shape.rawValue, "--identities", "\(identities)"],
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

/// `parallax-bench attack`: one attack on the limiter in memory, in a process of its own.
struct BenchAttack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attack",
        abstract: "Invent identities and print as JSON what the limiter in memory made of them.",
        shouldDisplay: false)

    @Option(help: "What the names are like: short or longest.")
    var names = MemoryAttack.Shape.short

    @Option(help: "How many identities are invented.")
    var identities: Int

    func validate() throws {
        guard (1...1_000_000_000).contains(identities) else {
            throw ValidationError("--identities must be from 1 to 1000000000.")
        }
    }

    func run() throws {
        let outcome = try MemoryAttack(shape: names, identities: identities, bounds: MemoryBounds()).run()
        Terminal.print(try JSONText.make(outcome))
    }
}

extension MemoryAttack.Shape: ExpressibleByArgument {}

extension MemoryAttack {
    /// How much of this process lies in the machine's memory.
    enum ResidentMemory {
        /// Reads it from `/proc/self/statm`, whose second number counts pages (proc(5)).
        static func bytes() throws -> Int {
            let path = "/proc/self/statm"
            let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            guard let pages = pages(inStatm: text) else {
                throw CommandFailure(.failure, "\(path) does not say how much memory this process takes")
            }
            return pages * sysconf(Int32(_SC_PAGESIZE))
        }

        /// The resident pages of a line of `statm`; `nil` if it is none.
        static func pages(inStatm text: String) -> Int? {
            let numbers = text.split(whereSeparator: \.isWhitespace)
            return numbers.count > 1 ? Int(numbers[1]) : nil
        }
    }
}
