import Settings
import FeatureFlags
import DivergenceStore
import ParallaxCore

extension GateCircumstances {
    /// What a flag file and the settings tell.
    init(flags: FlagStore, target: PromotionPhase? = nil, now: Timestamp) async {
        let health = flags.health
        self.init(
            sharers: await flags.sharers(at: now), strategy: health.state == .ok ? health.file.strategy : nil,
            target: target)
    }
}

extension FlagStore {
    /// The instances that share the file, by their own word next to it.
    fileprivate func sharers(at now: Timestamp) async -> [GateInputs.Sharer] {
        let instances = await instances()
        let text = InstancesText(instances: instances, health: health, now: now)
        return instances.map { applied in
            let standing = text.agreement(of: applied)
            let deviation: String? =
                switch standing {
                case .current, .silent: nil
                case .deviating: "is in \(applied.strategy)"
                case .behind: "has not applied it"
                }
            return GateInputs.Sharer(
                name: applied.instance, deviation: deviation, isSilent: standing == .silent)
        }
    }
}
