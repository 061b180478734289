import ParallaxCore

/// Draws whole numbers from 0 up, each as likely as its weight says, with about one look-up a draw.
///
/// Inversion of the cumulated weights, begun at a place from a table (Chen and Asau, "On generating random variates from
/// an empirical distribution", AIIE Transactions 6, 1974).
struct DiscreteDraw: Sendable {
    /// The share of all weight up to and including each number; the last is never reached by a random number below 1.
    private let sums: [Double]
    /// Where to begin to look, for each of as many equal parts of the range from 0 to 1.
    private let starts: [Int32]

    /// - Parameter weights: At least one of them above 0, none below.
    init(weights: [Double]) {
        let total = weights.reduce(0, +)
        precondition(total > 0 && total.isFinite, "some number must have a weight to be drawn")
        var sum = 0.0
        var sums = weights.map { weight in
            sum += weight
            return sum / total
        }
        // Rounding must leave no gap below 1; what has no weight at the end stays out of reach.
        let last = weights.lastIndex { $0 > 0 } ?? 0
        for index in last..<sums.count { sums[index] = .infinity }
        self.sums = sums
        var place = 0
        starts = (0..<weights.count).map { part in
            while sums[place] <= Double(part) / Double(weights.count) { place += 1 }
            return Int32(place)
        }
    }

    func draw(_ random: inout SplitMix64) -> Int {
        let unit = random.unit()
        var place = Int(starts[Int(unit * Double(starts.count))])
        while sums[place] <= unit { place += 1 }
        return place
    }
}
