import Logging
import ServiceLifecycle
import Settings
import Synchronization
import UnixSignals

/// Applies newly read settings to the running service: everything that can change, or nothing if anything is invalid.
final class SettingsReloader: Sendable {
    /// What came of a reload. Names are those of settings and of ``ReloadablePart``s.
    enum Outcome: Equatable {
        /// What has changed and holds now, and what has changed and takes effect at the next start.
        case applied(changed: [String], needRestart: [String])
        /// Everything keeps its value, for these reasons.
        case refused([String])
    }

    private let parts: [ReloadablePart]
    /// The settings in force, as they were written, by name.
    private let running: Mutex<[String: SecretText]>

    init(started: LoadedSettings, parts: [ReloadablePart]) {
        self.parts = parts
        running = Mutex(started.texts)
    }

    func apply(_ loaded: LoadedSettings) -> Outcome {
        guard loaded.errors.isEmpty else { return .refused(loaded.errors.map(\.description)) }
        let running = running.withLock { $0 }
        let different = Setting.all.map(\.name).filter { running[$0] != loaded.texts[$0] }
        // Another environment reads another file: its limits are not this instance's.
        guard !different.contains(Setting.environment.name) else {
            return .refused(["ENVIRONMENT has changed, which needs a restart"])
        }
        var outcome = Preparation()
        for part in parts {
            let names = part.settings.map(\.name).filter(different.contains)
            do {
                outcome.add(try part.prepare(loaded.settings), names: names, of: part)
            } catch {
                return .refused(["\(error)"])
            }
        }
        let known = Set(parts.flatMap(\.settings).map(\.name))
        outcome.needRestart += different.filter { !known.contains($0) }
        for replace in outcome.replacements { replace() }
        let changed = outcome.changed
        self.running.withLock { running in
            for name in changed { running[name] = loaded.texts[name] ?? running[name] }
        }
        return .applied(changed: changed, needRestart: outcome.needRestart)
    }

    private struct Preparation {
        var replacements: [@Sendable () -> Void] = []
        var changed: [String] = []
        var needRestart: [String] = []

        mutating func add(_ change: ReloadablePart.Change, names: [String], of part: ReloadablePart) {
            switch change {
            case .none: changed += names
            case .replace(let replacement):
                replacements.append(replacement)
                changed += names.isEmpty ? [part.name] : names
            case .needsRestart: needRestart += names.isEmpty ? [part.name] : names
            }
        }
    }
}

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
