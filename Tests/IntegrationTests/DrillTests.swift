import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// Drills of the way back, by the built binary on real files.
@Suite struct DrillTests {
    private func withService(
        _ settings: [String: String] = [:], _ body: (PromotedService, PrivateRedis) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                try await body(
                    PromotedService(in: folder, redisURL: redis.url.description, settings: settings), redis)
            }
        }
    }

    /// The outcome of the gate's line on drills.
    private func drillCheck(_ promoted: PromotedService) async throws -> String? {
        let report = try await promoted.run("report", "--json")
        let object = try JSONSerialization.jsonObject(with: Data(report.text.utf8)) as? [String: Any]
        let checks = (object?["gate"] as? [String: Any])?["checks"] as? [[String: Any]]
        return checks?.first { $0["name"] as? String == "drill" }?["outcome"] as? String
    }

    @Test(
        "two instances are drilled to legacy and back, every byte of the file is as before, and the gate knows",
        .timeLimit(.minutes(2)))
    func drills() async throws {
        try await withService { first, _ in
            let second = try await first.restarted([
                "INSTANCE_ID": "instance-b", "DATABASE_PATH": first.folder.appending(path: "b.sqlite").path,
            ])
            #expect(try await drillCheck(first) == "not_yet")
            let before = try first.flagFile
            let partial = try await first.drill("--reason", "one of two")
            #expect(partial.status == 4, "\(partial)")
            #expect(partial.text.contains("not drilled  instance-b") && partial.text.contains("1 of 2 instances"))
            #expect(try await drillCheck(first) == "not_yet")
            let output = try await first.drill("--reason", "monthly", "--url", second.service.url)
            #expect(output.status == 0, "\(output.errors)")
            print("a drill of two instances:\n\(output.text)")
            #expect(output.text.contains("2 instances answered in legacy after"))
            #expect(try first.flagFile == before)
            for instance in [first, second] { #expect(try await instance.strategy == "hybrid") }
            #expect(try await drillCheck(first) == "pass")
            let history = try await first.history()
            #expect(history.prefix(2).allSatisfy { $0["by"] as? String == "parallax-drill" })
            #expect(history[1]["reason"] as? String == "drill by ann: monthly")
            let health = try await first.service.get("/health").json()
            let triggers = health["triggers"] as? [[String: Any]] ?? []
            #expect(triggers.count == 3 && triggers.allSatisfy { $0["latched"] as? Bool == false })
            await second.service.terminate()
            await first.service.terminate()
        }
    }

    @Test(
        "an instance that is killed in the middle of a drill puts the flags back when it starts again",
        .timeLimit(.minutes(2)))
    func killed() async throws {
        try await withService { promoted, _ in
            let before = try promoted.flagFile
            let began = try await promoted.admin("/v1/rollback/drill", #"{"by":"ann","reason":"r"}"#)
            #expect(began.status == 200)
            #expect(try await promoted.strategy == "legacy")
            await promoted.service.kill()
            let shown = try await promoted.run("flags", "show")
            #expect(shown.text.contains("a drill by ann"))
            let refused = try await promoted.run("promote", "--to", "10", "--reason", "r", "--force")
            #expect(refused.status == 1 && refused.errors.contains("a drill by ann"))
            let next = try await promoted.restarted()
            try await eventually("the flags are back") { try await next.strategy == "hybrid" }
            #expect(try promoted.flagFile == before)
            #expect(try await drillCheck(next) == "not_yet", "a drill that was broken off does not count")
            await next.service.terminate()
        }
    }

    @Test("without any instance a person puts the flags back", .timeLimit(.minutes(2)))
    func restoredByHand() async throws {
        try await withService { promoted, _ in
            let before = try promoted.flagFile
            _ = try await promoted.admin("/v1/rollback/drill", #"{"by":"ann","reason":"r"}"#)
            await promoted.service.kill()
            let output = try await promoted.run("rollback", "drill", "--restore")
            #expect(output.status == 0 && output.text.contains("(hybrid)"), "\(output)")
            #expect(try promoted.flagFile == before)
            #expect(
                try await promoted.run("rollback", "drill", "--restore").text.contains("No drill has left anything"))
        }
    }

    @Test("SIGTERM in the middle of a drill puts the flags back first", .timeLimit(.minutes(2)))
    func terminated() async throws {
        try await withService { promoted, _ in
            let before = try promoted.flagFile
            _ = try await promoted.admin("/v1/rollback/drill", #"{"by":"ann","reason":"r"}"#)
            #expect(await promoted.service.terminate() == 0)
            #expect(try promoted.flagFile == before)
        }
    }

    @Test(
        "a person who sets legacy in the middle of a drill has it, whatever the drill does next",
        .timeLimit(.minutes(2)))
    func takenOver() async throws {
        try await withService { promoted, _ in
            _ = try await promoted.admin("/v1/rollback/drill", #"{"by":"ann","reason":"r"}"#)
            let set = try await promoted.run("flags", "set", "--strategy", "legacy", "--reason", "for real")
            #expect(set.status == 0 && set.errors.contains("will not put them back"))
            let end = try await promoted.admin("/v1/rollback/drill/end", "{}")
            #expect(end.body.contains("taken_over"))
            #expect(try await promoted.strategy == "legacy")
            await promoted.service.terminate()
        }
    }
}
