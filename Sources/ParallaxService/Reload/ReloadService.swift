import Settings
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the settings again at every SIGHUP, and says in the log what came of it.
struct ReloadService: Service {
    /// Holds the signal from the start to the end of the process: at no time does SIGHUP end it.
    let signals: UnixSignalsSequence
    let reloader: SettingsReloader
    let load: @Sendable () async -> LoadedSettings
    let logger: Logger

    func run() async {
        for await _ in signals.cancelOnGracefulShutdown() {
            let loaded = await load()
            report(reloader.apply(loaded))
            report(risks: loaded.warnings.filter { $0.kind == .risk })
        }
    }

    /// Such as a renewed file of a secret that all users of the machine may read.
    private func report(risks: [Finding]) {
        for risk in risks { logger.warning("A setting is a risk", metadata: ["finding": "\(risk)"]) }
    }

    private func report(_ outcome: SettingsReloader.Outcome) {
        switch outcome {
        case .applied(let changed, let needRestart):
            let what = changed.isEmpty ? "nothing" : changed.joined(separator: ", ")
            logger.notice("Settings were read again", metadata: ["changed": "\(what)"])
            guard !needRestart.isEmpty else { return }
            logger.warning(
                "Settings have changed that take effect at the next start",
                metadata: ["settings": "\(needRestart.joined(separator: ", "))"])
        case .refused(let reasons):
            for reason in reasons {
                logger.error("Settings cannot be reloaded; all keep their values", metadata: ["reason": "\(reason)"])
            }
        }
    }
}
