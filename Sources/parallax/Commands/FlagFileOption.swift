import ArgumentParser
import ParallaxCore
import ParallaxService

/// Which flag file a command works on.
struct FlagFileOption: ParsableArguments {
    @Option(
        name: .customLong("file"),
        help: ArgumentHelp("The flag file (default: the setting FEATURE_FLAG_FILE).", valueName: "file"))
    var path: String?

    /// The file as this machine's settings see it, read once, never made.
    func open(_ settings: Settings) async throws -> FlagStore {
        let pins = settings.flags.pins
        let environment = try EnvironmentFlags(
            distributedEnabled: pins.distributedEnabled, hybrid: pins.hybrid, failOpen: pins.failOpen,
            enforcementPercent: pins.enforcementPercent)
        let store = FlagStore(
            path: path ?? settings.flags.file, environment: environment,
            isProduction: settings.instance.isProduction)
        await store.refresh()
        return store
    }
}
