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
