/// How far the two sides may be apart before it counts.
package struct ComparisonTolerances: Equatable, Sendable {
    /// How much earlier or later a side may be judged for a divergence to be only one of phase.
    package var boundaryMilliseconds: Int64
    /// How far Redis's clock may be from this instance's.
    package var clockSkewMilliseconds: Int64
    /// How far `remaining` may differ, in units, if both sides allowed.
    package var quotaDriftUnits: Int

    package init(boundaryMilliseconds: Int64 = 10, clockSkewMilliseconds: Int64 = 250, quotaDriftUnits: Int = 1) {
        self.boundaryMilliseconds = boundaryMilliseconds
        self.clockSkewMilliseconds = clockSkewMilliseconds
        self.quotaDriftUnits = quotaDriftUnits
    }
}
