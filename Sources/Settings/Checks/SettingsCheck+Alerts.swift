import RedisLimiting

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
