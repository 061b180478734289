package import ParallaxCore

/// What a migration would change, by the requests of a log: what fleets of several sizes let through today, what the
/// shared limit would, which clients it would newly limit, and which limits would keep today's traffic whole. A
/// documented JSON form.
package struct Forecast: Codable, Equatable, Sendable {
    /// Requests and the units they ask for.
    package struct Volume: Codable, Equatable, Sendable {
        package var requests = 0
        package var units = 0

        package init(requests: Int = 0, units: Int = 0) {
            self.requests = requests
            self.units = units
        }

        mutating func add(_ cost: Int) {
            requests += 1
            units += cost
        }
    }

    /// One client that the shared limit would refuse where the fleet does not.
    package struct Client: Codable, Equatable, Sendable {
        package var organization: String
        package var identifier: String
        /// Requests that would newly be refused.
        package var requests: Int
        package var first: Timestamp
        package var last: Timestamp
    }

    /// What a window's shared limit would have to be for the fleet's traffic to stay whole.
    package struct Limit: Codable, Equatable, Sendable {
        package var window: String
        package var durationMilliseconds: Int64
        /// The limit that was simulated.
        package var limit: Int
        /// The most units of one client that the fleet admitted within the window: with this limit or a higher one in
        /// every window, the shared limiter refuses none of what the fleet lets through.
        package var needed: Int
        /// The client that came so far first, and when; `nil` if nothing was admitted.
        package var organization: String?
        package var identifier: String?
        package var time: Timestamp?
    }

    /// One size of the fleet.
    package struct Fleet: Codable, Equatable, Sendable {
        package var instances: Int
        /// What the fleet lets through and refuses today.
        package var allowed = Volume()
        package var limited = Volume()
        /// What the fleet lets through and the shared limit would refuse.
        package var newlyLimited = Volume()
        /// What the fleet refuses and the shared limit would let through.
        package var newlyAllowed = Volume()
        /// How many clients would get their first 429s, or more of them.
        package var newlyLimitedClients = 0
        /// Those with the most requests that would newly be refused, most first.
        package var mostNewlyLimited: [Client] = []
        package var limits: [Limit] = []
    }

    /// Requests that both sides judged.
    package var offered = Volume()
    /// What the shared limit lets through and refuses.
    package var sharedAllowed = Volume()
    package var sharedLimited = Volume()
    /// Requests that the shared limiter gave no verdict on: they are in no other figure but the limits.
    package var undecided = 0
    /// Smallest first.
    package var fleets: [Fleet] = []

    package init() {}
}

/// Counts what every fleet and the candidate made of each request.
struct ForecastTally: Sendable {
    private struct Counts: Sendable {
        var allowed = Forecast.Volume()
        var limited = Forecast.Volume()
        var newlyLimited = Forecast.Volume()
        var newlyAllowed = Forecast.Volume()

        mutating func count(_ cost: Int, isAllowed: Bool, isAllowedByCandidate: Bool) {
            if isAllowed { allowed.add(cost) } else { limited.add(cost) }
            guard isAllowed != isAllowedByCandidate else { return }
            if isAllowed { newlyLimited.add(cost) } else { newlyAllowed.add(cost) }
        }
    }

    /// What the shared limit would newly refuse one client.
    private struct Refusals: Sendable {
        /// For each fleet: how often, first and last.
        var requests: [Int]
        var first: [Timestamp]
        var last: [Timestamp]

        init(fleetCount: Int, at time: Timestamp) {
            requests = Array(repeating: 0, count: fleetCount)
            first = Array(repeating: time, count: fleetCount)
            last = first
        }

        mutating func count(_ fleets: FleetSet, at time: Timestamp) {
            fleets.forEach { fleet in
                if requests[fleet] == 0 { first[fleet] = time }
                requests[fleet] += 1
                last[fleet] = time
            }
        }
    }

    private var offered = Forecast.Volume()
    private var sharedAllowed = Forecast.Volume()
    private var sharedLimited = Forecast.Volume()
    private var undecided = 0
    private var fleets: [Counts]
    private var newlyLimited: [Identity: Refusals] = [:]

    init(fleetCount: Int) {
        fleets = Array(repeating: Counts(), count: fleetCount)
    }

    mutating func count(_ trial: Simulation.Trial, candidate: Decision) {
        let cost = trial.request.cost
        switch candidate.outcome {
        case .unavailable:
            undecided += 1
            return
        case .allowed: sharedAllowed.add(cost)
        case .limited:
            sharedLimited.add(cost)
            if !trial.admitting.isEmpty {
                let fresh = Refusals(fleetCount: fleets.count, at: trial.time)
                newlyLimited[trial.request.identity, default: fresh].count(trial.admitting, at: trial.time)
            }
        }
        offered.add(cost)
        for place in fleets.indices {
            fleets[place].count(
                cost, isAllowed: trial.admitting.contains(place), isAllowedByCandidate: candidate.isAllowed)
        }
    }

    func makeForecast(sizes: [Int], policy: Policy, peaks: WindowPeaks, top: Int) -> Forecast {
        var forecast = Forecast()
        forecast.offered = offered
        forecast.sharedAllowed = sharedAllowed
        forecast.sharedLimited = sharedLimited
        forecast.undecided = undecided
        forecast.fleets = sizes.enumerated().map { place, size in
            var fleet = Forecast.Fleet(instances: size)
            fleet.allowed = fleets[place].allowed
            fleet.limited = fleets[place].limited
            fleet.newlyLimited = fleets[place].newlyLimited
            fleet.newlyAllowed = fleets[place].newlyAllowed
            let clients = clients(of: place)
            fleet.newlyLimitedClients = clients.count
            fleet.mostNewlyLimited = Array(clients.prefix(top))
            fleet.limits = policy.windows.enumerated().map { Forecast.Limit($1, peak: peaks[$0, place]) }
            return fleet
        }
        return forecast
    }

    /// Most first; equals by name, so that the order is always the same.
    private func clients(of place: Int) -> [Forecast.Client] {
        newlyLimited.lazy.filter { $0.value.requests[place] > 0 }
            .map { identity, refusals in
                Forecast.Client(
                    organization: identity.organization, identifier: identity.identifier,
                    requests: refusals.requests[place], first: refusals.first[place], last: refusals.last[place])
            }
            .sorted {
                $0.requests != $1.requests
                    ? $0.requests > $1.requests
                    : $0.identifier.utf8.lexicographicallyPrecedes($1.identifier.utf8)
            }
    }
}

extension Forecast.Limit {
    fileprivate init(_ window: Window, peak: WindowPeaks.Peak) {
        self.init(
            window: window.name, durationMilliseconds: window.durationMilliseconds, limit: window.limit,
            needed: peak.units, organization: peak.identity?.organization, identifier: peak.identity?.identifier,
            time: peak.time)
    }
}
