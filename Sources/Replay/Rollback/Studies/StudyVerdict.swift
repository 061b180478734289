/// Whether a figure meets its bar. The raw values are shown and stand in JSON: they never change.
package enum StudyVerdict: String, Codable, Equatable, Sendable {
    case met
    case missed
    /// What was seen meets it, and was too little to be sure.
    case undecided
}
