/// How often two equal limiters disagreed, asked about the same requests a moment apart.
package struct NoiseFloor: Codable, Equatable, Sendable {
    package var compared = 0
    package var diverged = 0

    package init(compared: Int = 0, diverged: Int = 0) {
        self.compared = compared
        self.diverged = diverged
    }

    static func + (left: NoiseFloor, right: NoiseFloor) -> NoiseFloor {
        NoiseFloor(compared: left.compared + right.compared, diverged: left.diverged + right.diverged)
    }

    static func += (left: inout NoiseFloor, right: NoiseFloor) {
        left = left + right
    }
}
