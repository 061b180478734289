package import ParallaxCore

/// A service in virtual time: fleets of several sizes that limit as they do today, and the one limiter they would
/// share.
///
/// Each request is first judged by every fleet, then by the candidate, which the caller asks: in memory, or in a real
/// Redis. One of the fleets is compared with the candidate request by request, by the code that serves; all of them are
/// counted for the forecast. Reads no clock. Requests come in the order of their times.
package struct Simulation: Sendable {
    package struct Settings: Equatable, Sendable {
        /// The instances of the fleet that is compared.
        package var instances = 4
        /// The sizes of the fleets that the forecast is for, next to that one.
        package var forecastSizes: [Int] = []
        package var balance = LoadBalancing.roundRobin
        /// Of the random balancer.
        package var seed: UInt64 = 1
        /// How each instance limits today.
        package var algorithm = LimiterAlgorithm.slidingLog
        /// How much each instance remembers.
        package var bounds = MemoryBounds()
        package var tolerances = ComparisonTolerances()
        /// As many clients are remembered without a look for those that have gone quiet.
        package var roomForClients = 65_536

        package init() {}
    }

    /// A request that the fleets have judged, and the candidate has not.
    package struct Trial: Sendable {
        package let request: CheckRequest
        package let time: Timestamp
        /// Counted from 1.
        package let number: Int
        /// The place of the instance of the compared fleet that judged, from 0.
        package let instance: Int
        let control: Decision
        /// The fleets that let the request pass.
        let admitting: FleetSet
    }

    /// The instances of each fleet, smallest first.
    package let fleetSizes: [Int]
    /// The place of the fleet that is compared.
    private let compared: Int
    private var fleets: [Fleet]
    private let ledgers: [InstanceLedger]
    private let comparers: [Comparer]
    private let policy: Policy
    private var clients: ActiveClients
    private var forecast: ForecastTally
    /// Before the first request; control has seen everything since.
    private var start: Timestamp?
    private var judged = 0

    package init(policy: Policy, settings: Settings) {
        let sizes = Set(settings.forecastSizes + [settings.instances]).sorted()
        precondition(
            sizes.count <= FleetSet.maximumCount, "at most \(FleetSet.maximumCount) fleets are simulated at once")
        fleetSizes = sizes
        compared = sizes.firstIndex(of: settings.instances)!
        fleets = sizes.map { Fleet(instances: $0, settings: settings) }
        let ledgers = fleets[compared].controls.map { _ in InstanceLedger(bounds: .unbounded, shardCount: 1) }
        self.ledgers = ledgers
        comparers = zip(fleets[compared].controls, ledgers).map {
            Comparer(control: $0, ledger: $1, tolerances: settings.tolerances)
        }
        self.policy = policy
        clients = ActiveClients(
            policy: policy, fleetCount: sizes.count, minimumRoom: settings.roomForClients)
        forecast = ForecastTally(fleetCount: sizes.count)
    }

    /// Lets every fleet judge.
    ///
    /// - Parameters:
    ///   - cost: Units from 1 to the policy's smallest limit.
    ///   - now: No earlier than that of the request before.
    package mutating func judge(
        _ identity: Identity, cost: Int = 1, at now: Timestamp
    ) throws(CostError) -> Trial {
        let request = try CheckRequest(identity: identity, policy: policy, cost: cost)
        if start == nil { start = now + -policy.longestDurationMilliseconds }
        var admitting = FleetSet()
        for place in fleets.indices where place != compared && fleets[place].admits(request, at: now) {
            admitting.insert(place)
        }
        let (instance, control) = fleets[compared].judge(request, at: now)
        if control.isAllowed { admitting.insert(compared) }
        clients.note(identity, units: cost, admitting, at: now)
        judged += 1
        return Trial(
            request: request, time: now, number: judged, instance: instance, control: control, admitting: admitting)
    }

    /// Compares what the candidate said with what the instance said, and counts it for the forecast. Trials are
    /// concluded in the order in which they were judged.
    package mutating func conclude(_ trial: Trial, candidate: Decision) -> Comparison {
        forecast.count(trial, candidate: candidate)
        return comparers[trial.instance].compare(
            Comparer.Judged(
                trial.request, at: trial.time,
                control: Observation(decision: trial.control, duration: .zero),
                candidate: Observation(decision: candidate, duration: .zero),
                // Both sides began with nothing: control has missed nothing that the candidate knows.
                controlSince: start ?? trial.time, clockOffsetMilliseconds: candidate.judgedAt.map { $0 - trial.time }))
    }

    /// What the fleets and the candidate let through so far.
    ///
    /// - Parameter top: How many of the newly limited clients to list for each fleet.
    package func makeForecast(top: Int) -> Forecast {
        forecast.makeForecast(sizes: fleetSizes, policy: policy, peaks: clients.peaks, top: top)
    }
}

// MARK: Memory
extension Simulation {
    /// Whether it is time to forget clients that have gone quiet.
    package var hasManyClients: Bool { clients.isFull }

    /// The identities that were seen and not forgotten.
    package var identities: [Identity] { clients.identities }

    /// Forgets the clients of which no limiter holds any units. All trials must have been concluded.
    ///
    /// - Parameter now: The time of the newest request.
    /// - Returns: Those that the candidate can forget too.
    package mutating func forgetQuietClients(at now: Timestamp) -> [Identity] {
        let quiet = clients.removeQuiet(at: now)
        for identity in quiet {
            for fleet in fleets { fleet.forget(identity) }
            for ledger in ledgers { ledger.reset(identity) }
        }
        return quiet
    }
}

extension MemoryBounds {
    /// No bounds: for callers that forget identities by rules of their own.
    package static let unbounded = MemoryBounds(identities: .max, bytes: .max)
}
