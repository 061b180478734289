import DivergenceStore
import Foundation
import ParallaxCore

/// The flag history that a command keeps its changes in.
enum KeptHistory {
    /// The history where there is one. Instances that see the change keep it too, and it is kept once; so that it cannot
    /// be kept here is no reason to fail.
    static func open(_ path: String) -> (any FlagHistory)? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try DivergenceStore(path: path)
        } catch {
            Terminal.note(
                "note: instances keep this change in the history, not this command: \(error)".escapedForTerminal)
            return nil
        }
    }
}
