package import ParallaxCore

/// One request of modelled traffic.
package struct ModelledRequest: Equatable, Sendable {
    /// When it comes, in milliseconds since the traffic began.
    package let offsetMilliseconds: Int64
    package let identity: Identity
    package let cost: Int

    package init(offsetMilliseconds: Int64, identity: Identity, cost: Int) {
        self.offsetMilliseconds = offsetMilliseconds
        self.identity = identity
        self.cost = cost
    }
}
