import ParallaxCore

/// An attacker who invents identities: does the limiter's memory stay within its bounds?
struct MemoryAttack: Sendable {
    /// What the invented identities are like.
    enum Shape: String, CaseIterable, Codable, Sendable {
        /// Short names, one unit each: as many identities as the bound allows.
        case short
        /// The longest names and the largest cost: as many bytes as one identity can take at once.
        case longest
    }

    /// What came of it. All bytes but those of `occupancy` are the process's resident memory.
    struct Outcome: Codable, Equatable, Sendable {
        let shape: Shape
        let identities: Int
        let bytesBefore: Int
        let mostBytes: Int
        let boundIdentities: Int
        let boundBytes: Int
        let heldIdentities: Int
        /// The limiter's own estimate.
        let heldBytes: Int
        let evictions: Int

        var growth: Int { max(0, mostBytes - bytesBefore) }
    }

    let shape: Shape
    let identities: Int
    let bounds: MemoryBounds

    /// Lets every identity ask once.
    func run() throws -> Outcome {
        let before = try ResidentMemory.bytes()
        let limiter = InMemoryLimiter(bounds: bounds)
        var most = before
        for number in 0..<identities {
            // A microsecond each: nothing leaves a window by itself.
            let now = MemoryWorkload.start + Int64(number / 1000)
            _ = limiter.judge(request(number), at: now)
            if number % 100_000 == 0 { most = max(most, try ResidentMemory.bytes()) }
        }
        most = max(most, try ResidentMemory.bytes())
        let held = limiter.occupancy
        return Outcome(
            shape: shape, identities: identities, bytesBefore: before, mostBytes: most,
            boundIdentities: bounds.identities, boundBytes: bounds.bytes, heldIdentities: held.identities,
            heldBytes: held.bytes, evictions: held.evictions)
    }

    private func request(_ number: Int) -> CheckRequest {
        switch shape {
        case .short:
            try! CheckRequest(identity: Identity(identifier: "c\(number)"), policy: .standard)
        case .longest:
            try! CheckRequest(
                identity: Identity(organization: longName("o", number), identifier: longName("i", number)),
                policy: .standard, cost: Policy.standard.smallestLimit)
        }
    }

    private func longName(_ start: String, _ number: Int) -> String {
        let name = "\(start)\(number)"
        return name + Substring(MemoryAttack.padding.utf8.dropFirst(name.utf8.count))
    }

    private static let padding = String(repeating: "x", count: Identity.maximumBytes)
}
