package import RedisLimiting

extension PrivateRedis {
    /// Asks again and again until the answer is as it should be.
    package func waitUntil(_ words: String..., isTrue: (RedisReply) -> Bool) async throws {
        var command = RedisCommand()
        for word in words { command.append(word) }
        while !isTrue(try await ServerProcess.ask(command, at: url, timeout: PrivateRedis.patience)) {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Asks again and again until the answer holds a text.
    package func waitUntil(_ first: String, _ second: String, contains text: String) async throws {
        try await waitUntil(first, second) { $0.text?.contains(text) == true }
    }
}

extension RedisReply {
    /// The value after a name, in a list of names and values.
    package func field(_ name: String) -> String? {
        guard case .array(let parts) = self, let place = parts.firstIndex(where: { $0.text == name }) else {
            return nil
        }
        return place + 1 < parts.count ? parts[place + 1].text : nil
    }
}

extension RedisSettings {
    /// Settings for a client of several servers, with the waits of a test.
    ///
    /// The servers are looked at only when something went wrong, so that a test sees that it was noticed.
    static func forTests(of url: RedisURL) -> RedisSettings {
        RedisSettings(
            url: url, decisionTimeout: .seconds(30), reconnectDelays: .milliseconds(5) ... .milliseconds(50),
            breaker: BreakerSettings(probeInterval: .milliseconds(20)), topologyInterval: .seconds(600))
    }
}
