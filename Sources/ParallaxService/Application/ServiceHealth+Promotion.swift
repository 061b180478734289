import FeatureFlags
import Settings
import ParallaxCore

extension ServiceHealth {
    /// How long a watch that was broken off is told of.
    private static let newsMilliseconds = PromotionWatch.milliseconds

    /// Adds the watch, the drill and the alerts.
    func addPromotion(to snapshot: inout HealthSnapshot) {
        let now = Timestamp.now()
        snapshot.watch = watch.current.flatMap { watch, tally in
            if let end = watch.brokenOff, now - end.time > Self.newsMilliseconds { return nil }
            return HealthSnapshot.Watch(watch, tally: tally, bounds: settings.gate, now: now)
        }
        snapshot.alerts = alerts.health
        if let note = drill.interrupted {
            snapshot.drill = HealthSnapshot.Drill(state: .interrupted, by: note.by, began: note.began)
        } else if let note = drill.running {
            snapshot.drill = HealthSnapshot.Drill(state: .running, by: note.by, began: note.began)
        }
    }
}
