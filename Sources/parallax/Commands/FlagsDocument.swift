import FeatureFlags
import ParallaxCore

/// The flags as JSON: the names of the flag file, and each as what it is.
struct FlagsDocument: Encodable {
    struct Values: Encodable {
        let distributedEnabled: Bool
        let hybrid: Bool
        let failOpen: Bool
        let enforcementPercent: Double

        enum CodingKeys: String, CodingKey {
            case distributedEnabled = "DISTRIBUTED_RATE_LIMITING_ENABLED"
            case hybrid = "HYBRID_RATE_LIMITING"
            case failOpen = "FAIL_OPEN_ON_REDIS_ERROR"
            case enforcementPercent = "DISTRIBUTED_ENFORCEMENT_PERCENT"
        }

        init(_ values: FlagValues) {
            distributedEnabled = values.distributedEnabled
            hybrid = values.hybrid
            failOpen = values.failOpen
            enforcementPercent = values.enforcementPercent
        }
    }

    /// One instance that shares the file. Times are milliseconds since the Unix epoch.
    struct Instance: Encodable {
        let instance: String
        /// `current`, `deviating`, `behind` or `silent`.
        let standing: String
        let strategy: String
        let contentHash: String?
        /// Since when it has applied that content.
        let since: Timestamp
        let lastHeard: Timestamp
        /// What each trigger lacks that could not cause a rollback there.
        let unarmed: [String: String]?
    }

    /// The latest rollback that all who share the file know of.
    struct SharedRollback: Encodable {
        let trigger: String
        let time: Timestamp
        let sentence: String
        let isAcknowledged: Bool
        /// Whether it is not in the file and holds an instance at legacy.
        let isHeld: Bool
    }

    let path: String
    let state: String
    let problem: String?
    let strategy: String
    /// What holds with this environment, and what the file says.
    let effective: Values
    let file: Values
    let notes: [String]
    /// The SHA-256 of the file; `nil` if it is invalid.
    let contentHash: String?
    let instances: [Instance]
    /// The number of the newest change next to the file; `nil` if there is none.
    let number: Int64?
    let rollback: SharedRollback?

    /// `null` if nothing was promoted lately, and where no drill is under way.
    let watch: WatchDocument?
    let drill: DrillNoteDocument?

    init(
        _ health: FlagHealth, instances: InstancesText? = nil, fence: RollbackFence? = nil,
        latch: RollbackLatch? = nil, promotion: PromotionStanding = PromotionStanding()
    ) {
        contentHash = health.state == .ok ? health.contentHash : nil
        self.instances =
            instances.map { list in
                list.instances.map { applied in
                    Instance(
                        instance: applied.instance, standing: list.standing(of: applied).rawValue,
                        strategy: applied.strategy, contentHash: applied.contentHash, since: applied.since,
                        lastHeard: applied.time, unarmed: applied.unarmed)
                }
            } ?? []
        number = fence?.number
        rollback = latch.flatMap { latch in
            latch.firing.map {
                SharedRollback(
                    trigger: $0.trigger.rawValue, time: $0.time, sentence: $0.sentence,
                    isAcknowledged: !latch.isLatched, isHeld: latch.hold != nil)
            }
        }
        path = health.path
        state = health.state.rawValue
        problem = health.problem
        strategy = health.effective.strategy.rawValue
        effective = Values(health.effective)
        file = Values(health.file)
        notes = health.notes
        watch = promotion.watch.map {
            WatchDocument(
                $0, tally: promotion.tally, bounds: promotion.bounds, now: promotion.now)
        }
        drill = promotion.drill.map(DrillNoteDocument.init)
    }
}
