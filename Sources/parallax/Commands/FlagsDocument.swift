import ParallaxCore
import ParallaxService

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

    let path: String
    let state: String
    let problem: String?
    let strategy: String
    /// What holds with this environment, and what the file says.
    let effective: Values
    let file: Values
    let notes: [String]
    /// `null` where nothing was promoted lately, and where no drill is under way.
    let watch: WatchDocument?
    let drill: DrillNoteDocument?

    init(_ health: FlagHealth, promotion: PromotionStanding = PromotionStanding()) {
        path = health.path
        state = health.state.rawValue
        problem = health.problem
        strategy = health.effective.strategy.rawValue
        effective = Values(health.effective)
        file = Values(health.file)
        notes = health.notes
        watch = promotion.watch.map { WatchDocument($0, tally: promotion.tally, now: promotion.now) }
        drill = promotion.drill.map(DrillNoteDocument.init)
    }
}
