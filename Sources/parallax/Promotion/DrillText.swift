import CommandSupport
import FeatureFlags
import ParallaxCore

/// What is said of drills.
enum DrillText {
    static func abandoned(_ note: DrillNote) -> String {
        "note: a drill by \(note.by.escapedForTerminal) had the flags at legacy; it will not put them back"
    }
}

/// A drill that has the flags at legacy, as JSON. Times are milliseconds since the Unix epoch.
struct DrillNoteDocument: Encodable {
    let by: String
    let reason: String
    let began: Timestamp
    /// When it is over at the latest; later, it was interrupted.
    let until: Timestamp

    init(_ note: DrillNote) {
        by = note.by
        reason = note.reason
        began = note.began
        until = note.until
    }
}
