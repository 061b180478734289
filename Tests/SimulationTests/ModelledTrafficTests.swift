import ParallaxCore
import Testing

@testable import Simulation

@Suite struct ModelledTrafficTests {
    private let minute = Array(ModelledTraffic(durationMilliseconds: 60_000))

    @Test("the same seed gives the same requests")
    func deterministic() {
        #expect(Array(ModelledTraffic(durationMilliseconds: 60_000)) == minute)
        #expect(Array(ModelledTraffic(seed: 7, durationMilliseconds: 60_000)) != minute)
    }

    @Test("these are the first requests of the standard seed")
    func golden() {
        let first = minute.prefix(4).map {
            "\($0.offsetMilliseconds) \($0.identity.organization) \($0.identity.identifier) \($0.cost)"
        }
        #expect(
            first == ["97 acme abusive 1", "112 acme abusive 1", "116 globex key-1 1", "250 initech key-74 1"])
    }

    @Test("a longer run begins with the shorter one")
    func prefix() {
        let longer = Array(ModelledTraffic(durationMilliseconds: 90_000))
        #expect(longer.count > minute.count)
        #expect(longer.starts(with: minute))
    }

    @Test("offsets never step back and lie within the duration")
    func ordered() {
        #expect(zip(minute, minute.dropFirst()).allSatisfy { $0.offsetMilliseconds <= $1.offsetMilliseconds })
        #expect(minute.allSatisfy { (0..<60_000).contains($0.offsetMilliseconds) })
    }

    @Test("one client abuses the service, some come in bursts, and the many are quiet")
    func mixture() {
        var counts: [String: Int] = [:]
        for request in minute { counts[request.identity.identifier, default: 0] += 1 }
        #expect((1000...1400).contains(counts["abusive"] ?? 0))
        #expect(counts.keys.count { $0.hasPrefix("burst-") } >= 10)
        let quiet = counts.filter { $0.key.hasPrefix("key-") }
        #expect(quiet.count > 100)
        #expect(quiet.values.count { $0 > 60 } <= 2)
        #expect(quiet["key-1"]! > quiet["key-40", default: 0])
    }

    @Test("bursts come faster than a policy of ten a second grants")
    func bursts() {
        let times = minute.filter { $0.identity.identifier == "burst-1" }.map(\.offsetMilliseconds)
        let withinASecond = times.map { time in times.count { (time..<time + 1000).contains($0) } }
        #expect(withinASecond.max() ?? 0 > 10)
    }

    @Test("several organizations take part, and every cost can be granted")
    func organizationsAndCosts() {
        #expect(Set(minute.map(\.identity.organization)) == Set(ModelledTraffic.organizations))
        #expect(minute.allSatisfy { (1...Policy.defaultValue.smallestLimit).contains($0.cost) })
        #expect(minute.contains { $0.cost > 1 })
    }

    @Test("no duration gives no requests")
    func empty() {
        #expect(Array(ModelledTraffic(durationMilliseconds: 0)).isEmpty)
    }
}
