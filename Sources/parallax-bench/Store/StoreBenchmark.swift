import CommandSupport
import DivergenceStore
import ParallaxCore

/// The recorder, its database and the report, timed in this process.
struct StoreBenchmark: Sendable {
    let rounds: Int
    let size: StoreDatabase.Size
    let identities: Int
    let divergencesOfThread: Int
    let folder: String

    /// - Returns: `nil` if the task was cancelled.
    func run() async throws -> StoreBenchmarkResult? {
        do {
            var result = StoreBenchmarkResult(size: size)
            try await measureAccepting(into: &result)
            var database = try StoreDatabase(
                path: "\(folder)/store.sqlite", size: size, workload: workload(seed: 3))
            defer { try? database.store.close() }
            let start = ContinuousClock.now
            try await database.fill()
            result.fillSeconds = start.duration(to: .now) / .seconds(1)
            Terminal.note("The database was filled in \(seconds(result.fillSeconds)).")
            result.bytes = try await database.store.usedBytes()
            try await measureReports(of: database.store, into: &result)
            for round in 1...rounds {
                result.rowsPerSecond.append(try await database.write())
                note(round, "\(NumberFormat.count(Int(result.rowsPerSecond.last ?? 0))) rows/s written")
            }
            return result
        } catch is CancellationError {
            return nil
        }
    }

    private func measureAccepting(into result: inout StoreBenchmarkResult) async throws {
        for round in 1...rounds {
            for threads in [1, 2] {
                try Task.checkCancellation()
                let measurement = AcceptingMeasurement(
                    divergences: divergencesOfThread / threads, threads: threads, workload: workload(seed: 2))
                let outcome = try await measurement.run(path: "\(folder)/accepting-\(round)-\(threads).sqlite")
                result.accepting.append(outcome)
                note(round, "\(threads) threads, \(NumberFormat.count(Int(outcome.perSecond))) divergences/s accepted")
            }
        }
    }

    private func measureReports(of store: DivergenceStore, into result: inout StoreBenchmarkResult) async throws {
        for round in 1...rounds {
            try Task.checkCancellation()
            // As the command does: a connection of its own, nothing in its cache.
            let reader = try DivergenceStore(readingFrom: store.path)
            defer { try? reader.close() }
            let start = ContinuousClock.now
            let report = try await DivergenceStore.report(of: [reader])
            let reported = ContinuousClock.now
            _ = try await DivergenceStore.gate(report, of: [reader], settings: GateSettings(), now: .wallClock)
            let judged = ContinuousClock.now
            _ = try await DivergenceStore.details(of: [reader], DivergenceFilter())
            let detailed = ContinuousClock.now
            guard report.compared == size.compared, report.storedOneByOne == size.divergences else {
                throw CommandFailure(.failure, "the report counts \(report.compared) requests of \(size.compared)")
            }
            result.reportSeconds.append(start.duration(to: judged) / .seconds(1))
            result.pageSeconds.append(judged.duration(to: detailed) / .seconds(1))
            note(round, "report \(seconds(start.duration(to: reported) / .seconds(1)))")
        }
    }

    private func workload(seed: UInt64) -> StoreWorkload { StoreWorkload(identities: identities, seed: seed) }

    private func note(_ round: Int, _ text: String) { Terminal.note("Round \(round) of \(rounds): \(text)") }

    private func seconds(_ seconds: Double) -> String { "\(NumberFormat.decimal(seconds, places: 2)) s" }
}

extension Timestamp {
    static var wallClock: Timestamp { Timestamp.now() }
}
