import Settings
import FeatureFlags
import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore

/// Which flag file a command works on.
struct FlagFileOption: ParsableArguments {
    @Option(
        name: .customLong("file"),
        help: ArgumentHelp("The flag file (default: the setting FEATURE_FLAG_FILE).", valueName: "file"))
    var path: String?

    /// The file as an instance with these settings sees it, read once, never made.
    ///
    /// - Parameter history: Where changes are kept; `nil` keeps none.
    func open(_ settings: Settings, history: (any FlagHistory)? = nil) async throws -> FlagStore {
        let store = FlagStore(
            path: path ?? settings.flags.file, environment: try settings.environmentFlags(),
            isProduction: settings.instance.isProduction, history: history)
        await store.refresh()
        return store
    }

    /// The file if it is there and the settings that lead to it are valid, for commands that can do without.
    func openIfUsable() async -> FlagStore? {
        let loaded = await Settings.load()
        guard path != nil || loaded.errors(for: .flags).isEmpty,
            FileManager.default.fileExists(atPath: path ?? loaded.settings.flags.file)
        else { return nil }
        return try? await open(loaded.settings)
    }

    /// The history where there is one. Instances that see the change keep it too, and it is kept once; so that it
    /// cannot be kept here is not a reason to fail.
    static func history(in path: String) -> (any FlagHistory)? {
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
