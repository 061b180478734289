import ParallaxCore

/// What an identity has spent before it is asked for: the state of its log in a measurement.
struct LoggedHistory: Equatable, Sendable {
    /// Units spent at once.
    struct Step: Equatable, Sendable {
        /// Before the time of the measurement.
        let ageMilliseconds: Int64
        let units: Int
    }

    /// The oldest first.
    let steps: [Step]

    init(steps: [Step]) {
        self.steps = steps
    }

    /// Single units, evenly apart.
    init(units: Int, everyMilliseconds: Int64, newestAgeMilliseconds: Int64) {
        steps = (0..<units).reversed().map {
            Step(ageMilliseconds: newestAgeMilliseconds + Int64($0) * everyMilliseconds, units: 1)
        }
    }
}
