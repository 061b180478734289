import Foundation
package import Logging
package import ParallaxCore
import ServiceLifecycle
package import Settings
import Synchronization

/// Sends alerts to receivers: once a second it looks at what holds, and sends what is due, never on a request's path.
///
/// A receiver that does not answer delays no one: not the next update, not the other receivers.
package final class AlertService: Service {
    /// One request to one receiver.
    struct Job: Sendable {
        let place: Int
        let messages: [AlertMessage]
    }

    fileprivate struct State {
        var rules: AlertRules
        var firing: [Alert] = []
        var began: [Alert.Name: Int] = [:]
        var deliveries: [AlertDelivery]
        var problems: [Int: String] = [:]
    }

    private let state: Mutex<State>
    /// Only what opens them is ever replaced: their number and order stay.
    let receivers: Replaceable<[AlertReceiver]>
    private let instance: String
    private let inputs: @Sendable () -> AlertRules.Inputs
    private let counts: @Sendable () -> AlertCounts
    private let sender: AlertSender
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> ClockReading
    private let jitter: @Sendable () -> Double

    /// - Parameters:
    ///   - receivers: Where alerts are sent; with none, alerts show only in health and metrics.
    ///   - instance: The name of this instance.
    ///   - inputs: What there is to know; asked once a second.
    ///   - counts: The answers until now; asked with the health.
    ///   - sender: Tells one receiver.
    ///   - jitter: Draws a number from 0 to 1.
    package init(
        settings: AlertSettings, receivers: [AlertReceiver], instance: String, logger: Logger,
        inputs: @escaping @Sendable () -> AlertRules.Inputs, counts: @escaping @Sendable () -> AlertCounts,
        sender: AlertSender? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> ClockReading = ClockReading.makeReader(),
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        state = Mutex(
            State(
                rules: AlertRules(settings: settings),
                deliveries: receivers.map { _ in AlertDelivery(settings: settings) }))
        self.receivers = Replaceable(receivers)
        self.instance = instance
        self.inputs = inputs
        self.counts = counts
        self.sender = sender ?? AlertPost.send
        self.logger = logger
        self.clock = clock
        self.now = now
        self.jitter = jitter
    }

    /// How long the last attempt may take for all receivers together, while the service shuts down.
    private static let lastAttemptTimeout: Duration = .seconds(2)

    /// Looks and tells until the service shuts down; what has ended by then is told in one last attempt.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.watch() }
        await withTaskGroup { group in
            group.addTask { [clock] in try? await clock.sleep(for: Self.lastAttemptTimeout) }
            group.addTask { await self.sendAll(self.update()) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sendAll(_ jobs: [Job]) async {
        await withDiscardingTaskGroup { group in
            for job in jobs { group.addTask { await self.send(job) } }
        }
    }

    private func watch() async {
        await withDiscardingTaskGroup { group in
            await clock.repeating {
                for job in update() { group.addTask { await self.send(job) } }
            }
            group.cancelAll()
        }
    }

    /// Takes in what holds now.
    ///
    /// - Returns: What is to be sent.
    func update() -> [Job] {
        let inputs = inputs()
        let now = now()
        let (jobs, began, ended) = state.withLock { state in
            let before = state.firing
            state.firing = state.rules.alerts(inputs, at: now)
            let began = state.firing.filter { alert in !before.contains { $0.isSame(as: alert) } }
            let ended = before.filter { alert in !state.firing.contains { $0.isSame(as: alert) } }
            for alert in began { state.began[alert.name, default: 0] += 1 }
            return (state.jobs(at: now), began, ended)
        }
        for alert in began { log(alert, "An alert began") }
        for alert in ended { log(alert, "An alert ended") }
        return jobs
    }

    /// Sends one job and takes in what came of it.
    func send(_ job: Job) async {
        var problem: String?
        var receiverTime: Timestamp?
        do {
            receiverTime = try await sender(
                AlertDocument.body(job.messages, instance: instance), receivers.read { $0[job.place] })
        } catch let error as AlertSendError {
            problem = error.description
        } catch is CancellationError {
            problem = "the service ended"
        } catch {
            // Whatever it says may hold the address.
            problem = "it could not be delivered"
        }
        let now = now()
        let jitter = jitter()
        let isNew = state.withLock { [receiverTime, problem] state in
            state.deliveries[job.place].ended(
                job.messages, succeeded: problem == nil, receiverTime: receiverTime, at: now, jitter: jitter)
            let isNew = (state.problems[job.place] == nil) != (problem == nil)
            state.problems[job.place] = problem
            return isNew
        }
        if isNew { logReceiver(job.place, problem) }
    }

    package var health: AlertHealth {
        let now = now()
        let counts = counts()
        return state.withLock { state in
            let firing = Set(state.firing.map(\.name))
            return AlertHealth(
                receivers: receivers.read { $0.count }, firing: Alert.Name.allCases.filter(firing.contains),
                delivered: state.deliveries.reduce(0) { $0 + $1.delivered },
                failures: state.deliveries.reduce(0) { $0 + $1.failures },
                waiting: state.deliveries.reduce(0) { $0 + $1.waiting },
                problem: state.problems.min { $0.key < $1.key }.map { "receiver \($0.key + 1): \($0.value)" },
                began: state.began, unansweredRun: state.rules.unansweredRun(at: now, counts: counts))
        }
    }
}

extension AlertService.State {
    /// Tells every receiver's delivery what holds, and takes what is due.
    fileprivate mutating func jobs(at now: ClockReading) -> [AlertService.Job] {
        deliveries.indices.compactMap { place in
            deliveries[place].update(firing, at: now)
            return deliveries[place].next(at: now).map { AlertService.Job(place: place, messages: $0) }
        }
    }
}

extension AlertService {
    private func log(_ alert: Alert, _ message: Logger.Message) {
        logger.notice(
            message,
            metadata: [
                "alert": "\(alert.name.rawValue)", "severity": "\(alert.name.severity.rawValue)",
                "summary": "\(alert.summary)",
            ])
    }

    /// Says once that a receiver takes no alerts, and once that it takes them again.
    private func logReceiver(_ place: Int, _ problem: String?) {
        let metadata: Logger.Metadata = ["receiver": "\(place + 1)"]
        if let problem {
            logger.error("Alerts cannot be delivered; they are tried again: \(problem)", metadata: metadata)
        } else {
            logger.notice("Alerts are delivered again", metadata: metadata)
        }
    }
}

extension Alert {
    /// Whether it is the same alert, from the same beginning on; its figures may differ.
    fileprivate func isSame(as other: Alert) -> Bool { key == other.key && startsAt == other.startsAt }
}

/// Deliveries and failures of alerts, for health and metrics.
package struct AlertHealth: Equatable, Sendable {
    /// How many receivers there are.
    package let receivers: Int
    /// The alerts that hold, each once.
    package let firing: [Alert.Name]
    /// Attempts to tell a receiver since the start, over all of them.
    package let delivered: Int
    package let failures: Int
    /// Ended alerts that a receiver does not know yet.
    package let waiting: Int
    /// Which receiver does not take alerts now and why, counted from 1 in the order of the settings; `nil` if all do.
    package let problem: String?
    /// How often each alert began since the start.
    package let began: [Alert.Name: Int]
    /// Answers in a row, up to the latest, that had no verdict; `nil` if they are too few or too old to tell.
    package var unansweredRun: Int?
}

extension AlertHealth: Encodable {
    private enum CodingKeys: String, CodingKey {
        case firing, receivers, delivered, failures, waiting, problem
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(firing.map(\.rawValue), forKey: .firing)
        try fields.encode(receivers, forKey: .receivers)
        try fields.encode(delivered, forKey: .delivered)
        try fields.encode(failures, forKey: .failures)
        try fields.encode(waiting, forKey: .waiting)
        try fields.encodeIfPresent(problem, forKey: .problem)
    }
}
