import DivergenceStore
import ParallaxCore
import RedisLimiting

/// What no single value shows: unknown names, combinations that cannot work, files that are not there.
struct SettingsCheck {
    let settings: Settings
    let reader: SettingsReader
    let files: [SettingsFile]
    let environment: [String: String]
    let commandLine: [String: String]
    let redisURLProblem: @Sendable (String) -> String?
    /// The most files that the process may ask to have open.
    let openFileLimit: Int

    /// All findings, rule by rule.
    func findings() -> [Finding] {
        unknownNames() + texts() + production() + flags() + limits() + redis() + rollback() + recording() + privacy()
            + network()
            + connections() + usedFiles() + alerts()
    }

    /// A finding about a setting's value, wherever it came from.
    func finding(
        _ severity: Finding.Severity, _ kind: Finding.Kind, _ setting: Setting, _ problem: String, _ remedy: String
    ) -> Finding {
        Finding(
            severity, kind, setting: setting.name, origin: reader.origin(of: setting), problem: problem, remedy: remedy)
    }

    private func production() -> [Finding] {
        guard settings.instance.isProduction else { return [] }
        var findings: [Finding] = []
        if settings.flags.initial.failOpen {
            findings.append(
                finding(
                    .error, .impossibleCombination, .failOpen, "fails open, and ENVIRONMENT is production",
                    "set it to false: production always fails closed"))
        }
        if settings.redis.isEmbedded {
            findings.append(
                finding(
                    .error, .impossibleCombination, .embeddedRedis,
                    "a private Redis shares no limits between instances, and ENVIRONMENT is production",
                    "set it to false and give REDIS_URL"))
        }
        let replaced: [(Setting, Setting)] = [
            (.perMinute, .productionPerMinute), (.perHour, .productionPerHour), (.burst, .productionBurst),
        ]
        for (setting, replacement) in replaced
        where reader.origin(of: setting) == "environment" && reader.origin(of: replacement) == "default" {
            findings.append(
                finding(
                    .warning, .noEffect, setting, "has no effect in production", "set \(replacement.name) instead"))
        }
        return findings
    }

    private func flags() -> [Finding] {
        let flags = settings.flags.initial
        var findings: [Finding] = []
        if flags.hybrid, !flags.distributedEnabled {
            findings.append(
                finding(
                    .warning, .noEffect, .hybrid, "has no effect while DISTRIBUTED_RATE_LIMITING_ENABLED is false",
                    "enable that too to compare both limiters"))
        }
        if flags.enforcementPercent > 0, flags.strategy != .hybrid {
            findings.append(
                finding(
                    .warning, .noEffect, .enforcementPercent,
                    "has an effect in hybrid only, and the strategy is \(flags.strategy.rawValue)",
                    "set HYBRID_RATE_LIMITING and DISTRIBUTED_RATE_LIMITING_ENABLED to true, or remove this setting"))
        }
        return findings
    }

    private func rollback() -> [Finding] {
        let rules = settings.rollback
        var findings: [Finding] = []
        if rules.errorShortWindowSeconds > rules.errorWindowSeconds {
            findings.append(
                finding(
                    .error, .impossibleCombination, .rollbackErrorShortWindowSeconds,
                    "is longer than ROLLBACK_ERROR_WINDOW_SECONDS", "make it shorter than that"))
        }
        if rules.redisDownWindowSeconds > 0, rules.redisDownWindowSeconds <= rules.redisDownSeconds {
            findings.append(
                finding(
                    .warning, .noEffect, .rollbackRedisDownWindowSeconds,
                    "is no longer than ROLLBACK_REDIS_DOWN_SECONDS, so that outages that repeat are never summed up",
                    "make it longer than that, or 0 to judge each outage by itself"))
        }
        if rules.baselineHoldoutPercent > 0, settings.flags.initial.strategy != .hybrid {
            findings.append(
                finding(
                    .warning, .noEffect, .baselineHoldoutPercent,
                    "has an effect in hybrid only, and the strategy is \(settings.flags.initial.strategy.rawValue)",
                    "remove it, or keep it for when the strategy is hybrid"))
        }
        if rules.dryRun.count == Trigger.allCases.count {
            findings.append(
                finding(
                    .warning, .risk, .rollbackDryRun, "names every trigger, so that nothing ever rolls back",
                    "remove the triggers that may roll back"))
        }
        return findings
    }
}

extension SettingsCheck {
    /// With less, an empty database and the minute that is being written would already be too much.
    private static let minimumRecordBytes = 16_777_216

    /// Whether what is recorded has room.
    func recording() -> [Finding] {
        guard let bytes = settings.recorder.maximumBytes, bytes < Self.minimumRecordBytes else { return [] }
        return [
            finding(
                .error, .outOfRange, .recordMaxBytes, "is \(bytes), too little to keep records in",
                "set it to \(Self.minimumRecordBytes) or more, or to 0 for no bound")
        ]
    }
}

extension SettingsCheck {
    /// Whether identifiers can be stored as they are meant to be.
    func privacy() -> [Finding] {
        switch (settings.recorder.identityPrivacy, settings.recorder.identityPrivacyKeyFile) {
        case (.plain, nil): return []
        case (.plain, _?):
            return [
                finding(
                    .warning, .noEffect, .identityPrivacyKeyFile, "has no effect: IDENTITY_PRIVACY is plain",
                    "set that to hashed, or remove this setting")
            ]
        case (.hashed, nil):
            return [
                finding(
                    .error, .impossibleCombination, .identityPrivacy, "is hashed, and there is no key",
                    "name its file by IDENTITY_PRIVACY_KEY_FILE; make one with: openssl rand -out FILE 32")
            ]
        case (.hashed, let path?):
            do throws(PseudonymKeyError) {
                _ = try PseudonymKey(file: path)
                return []
            } catch {
                return [
                    finding(
                        .error, .unusableFile, .identityPrivacyKeyFile,
                        "the file \(DisplayText.quoted(error.path)) \(error.problem)", error.remedy)
                ]
            }
        }
    }
}

extension SettingsCheck {
    /// Whether receivers of alerts can be told, as far as that shows without trying. Quotes no address.
    func alerts() -> [Finding] {
        var token: AlertToken?
        var findings: [Finding] = []
        if let path = settings.alerts.tokenFile {
            do throws(SecretFileError) {
                token = try AlertToken(file: path)
                findings += openSecret(.alertTokenFile, path)
            } catch {
                findings.append(
                    finding(
                        .error, .unusableFile, .alertTokenFile, error.description, error.remedy))
            }
            if settings.alerts.urls.isEmpty {
                findings.append(
                    finding(
                        .warning, .noEffect, .alertTokenFile, "has no effect: ALERT_URLS is empty",
                        "name a receiver, or remove this setting"))
            }
        }
        for url in settings.alerts.urls {
            do throws(AlertReceiverError) {
                _ = try AlertReceiver(url, token: token)
            } catch {
                let kind: Finding.Kind = error == .notAnAddress ? .wrongType : .impossibleCombination
                findings.append(finding(.error, kind, .alertURLs, error.description, error.remedy))
            }
        }
        return findings
    }
}

extension SettingsCheck {
    /// Texts that would show as something else: settings are named in logs, lists, reports and the terminal.
    func texts() -> [Finding] {
        Setting.all.compactMap { setting in
            guard setting.kind == .text || setting.kind == .list else { return nil }
            let text = reader.written(setting)
            if let scalar = text.unicodeScalars.first(where: OneLineText.isControl) {
                let code = String(scalar.value, radix: 16, uppercase: true)
                let name = String(repeating: "0", count: max(0, 4 - code.count)) + code
                return finding(
                    .error, .wrongType, setting, "holds the control or format character U+\(name)",
                    "write it on one line, without characters that cannot be seen")
            }
            guard setting == .instanceID, text.utf8.count > OneLineText.maximumBytes else { return nil }
            return finding(
                .error, .outOfRange, setting, "has \(text.utf8.count) bytes",
                "shorten it to \(OneLineText.maximumBytes) bytes or fewer: it is written with every record")
        }
    }
}
