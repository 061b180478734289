import CommandSupport
import Foundation
import Simulation

/// Two instances with one Redis under traffic: what `parallax demo` runs.
struct Demonstration: Sendable {
    enum Traffic: Equatable, Sendable {
        case modelled(seed: UInt64, seconds: Int)
        /// An access log, at `rate` requests a second; `nil` for as fast as they are answered.
        case log(path: String, rate: Double?)
    }

    /// The result of the run.
    struct Outcome {
        var sending: TrafficSender.Outcome
        /// What the log held; `nil` for modelled traffic.
        var log: AccessLogTally?
        /// Instances that did not end by themselves, and lost what they had not written.
        var killed: [String]
    }

    static let concurrency = 128
    static let startLimit: Duration = .seconds(30)
    static let stopLimit: Duration = .seconds(30)

    let traffic: Traffic
    let instances: [DemoInstance]
    let style: TerminalStyle
    let executable: String
    let environment: [String: String]

    /// Starts the instances, sends the traffic, and stops them, whatever happens in between.
    func run() async throws -> Outcome {
        var processes: [InstanceProcess] = []
        do {
            for instance in instances {
                let launch = instance.makeLaunch(executable: executable, inherited: environment)
                processes.append(try InstanceProcess(launch))
            }
            var outcome = try await CheckClient.with(instances, concurrency: Demonstration.concurrency) {
                try await waitUntilReady(processes, $0)
                Terminal.note("Two instances listen at \(instances.map(\.url).joined(separator: " and ")).")
                return try await send($0)
            }
            outcome.killed = await stop(processes)
            return outcome
        } catch {
            _ = await stop(processes)
            throw error
        }
    }

    private func waitUntilReady(_ processes: [InstanceProcess], _ client: CheckClient) async throws {
        let deadline = ContinuousClock.now + Demonstration.startLimit
        for (number, process) in processes.enumerated() {
            while await !client.isReady(number) {
                guard process.isRunning, ContinuousClock.now < deadline else {
                    throw CommandFailure(
                        .failure, "instance \(instances[number].name) did not become ready",
                        remedy: "Its output:\n\(process.lastLines(10))")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func send(_ client: CheckClient) async throws -> Outcome {
        switch traffic {
        case .modelled(let seed, let seconds):
            var source = ModelledSource(seed: seed, seconds: seconds)
            return Outcome(sending: await send(&source, client), log: nil, killed: [])
        case .log(let path, let rate):
            var source = LogSource(reader: try AccessLogReader(path: path), rate: rate)
            let sending = await send(&source, client)
            return Outcome(sending: sending, log: source.tally, killed: [])
        }
    }

    private func send(_ source: inout some TrafficSource, _ client: CheckClient) async -> TrafficSender.Outcome {
        let start = ContinuousClock.now
        let sender = TrafficSender(
            instances: instances.count, concurrency: Demonstration.concurrency,
            deliver: { await client.deliver($0, to: $1) },
            elapsed: { ContinuousClock.now - start },
            wait: { try await Task.sleep(until: start + $0, clock: .continuous) })
        var meter = ProgressMeter(style: style)
        let outcome = await sender.send(&source) { position in
            if let output = meter.update(position) { Terminal.show(output) }
        }
        Terminal.show(
            meter.finish(
                ProgressMeter.Position(
                    sent: outcome.tally.sent,
                    fraction: source.fraction(elapsed: outcome.elapsed).map { outcome.isComplete ? 1 : $0 },
                    elapsed: outcome.elapsed)))
        if style.isInteractive { Terminal.note("") }
        return outcome
    }

    /// - Returns: The names of those that had to be killed.
    private func stop(_ processes: [InstanceProcess]) async -> [String] {
        var killed: [String] = []
        for (number, process) in processes.enumerated() where await !process.stop(grace: Demonstration.stopLimit) {
            killed.append(instances[number].name)
        }
        return killed
    }
}
