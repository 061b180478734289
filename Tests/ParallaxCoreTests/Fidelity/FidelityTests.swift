import Foundation
import ParallaxCore
import Testing

@Suite struct FidelityTests {
    /// Identities alike: of each so many requests, reported and modelled refusals.
    private static func alike(
        _ identities: Int, settled: Int = 100, reported: Int = 20, modelled: Int = 20, both: Int = 20
    ) -> [FidelityCounts] {
        Array(
            repeating: FidelityCounts(compared: settled, reported: reported, modelled: modelled, both: both),
            count: identities)
    }

    @Test("agreed is what is left after the refusals of one side only")
    func agreed() {
        var counts = FidelityCounts()
        for (reported, modelled, times) in [(true, true, 5), (false, false, 3), (false, true, 2), (true, false, 1)] {
            for _ in 0..<times {
                counts.note(isReportedAllowed: reported, isModelledAllowed: modelled, .settled)
            }
        }
        counts.note(isReportedAllowed: false, isModelledAllowed: true, .warming)
        counts.note(isReportedAllowed: false, isModelledAllowed: true, .late)
        #expect(counts == FidelityCounts(compared: 13, warming: 1, late: 1, reported: 5, modelled: 4, both: 3))
        #expect(counts.settled == 11 && counts.agreed == 8)
    }

    @Test("it is written with the names of the contract, and what is not known is not a number")
    func json() throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        func object(_ fidelity: Fidelity) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: encoder.encode(fidelity)) as? [String: Any])
        }
        let known = try object(Fidelity(Self.alike(20, modelled: 25)))
        #expect(
            Set(known.keys) == [
                "compared", "agreed", "share", "lower", "upper", "refused", "identities", "warming", "late",
                "several_processes",
            ])
        let refused = try #require(known["refused"] as? [String: Any])
        #expect(refused["recall"] as? Double == 1 && refused["precision"] as? Double == 0.8)
        #expect(try object(Fidelity(Self.alike(19)))["lower"] == nil)
    }

    @Test("it passes by its lower bounds from 200 refusals of 20 callers on")
    func passes() {
        #expect(Fidelity(Self.alike(20)).judgement() == .pass)
    }

    @Test(
        "what is not known does not pass, and says why",
        arguments: [
            (alike(19), Fidelity.Unknown.tooFewIdentities),
            (alike(20, reported: 9, modelled: 9, both: 9), .tooFewRefusals),
            (alike(19) + alike(9, reported: 0, modelled: 0, both: 0), .tooFewRefusals),
            (alike(25, reported: 0, modelled: 1, both: 0), .acceptancesOnly),
            (
                [FidelityCounts(compared: 100, reported: 20, modelled: 20, both: 20, exceeding: 1)] + alike(19),
                .severalProcesses
            ),
        ])
    func unknown(_ identities: [FidelityCounts], _ reason: Fidelity.Unknown) {
        let fidelity = Fidelity(identities)
        #expect(fidelity.judgement() == .unknown(reason))
        #expect(!fidelity.sentence(for: reason).isEmpty)
    }

    @Test("the false reports of one caller among many say nothing about the others")
    func oneLiar() {
        let liar = FidelityCounts(compared: 100, reported: 20, modelled: 20, both: 20, exceeding: 50)
        #expect(Fidelity([liar] + Self.alike(100)).judgement() == .pass)
    }

    @Test("too few refusals pass only if that is accepted, and then the agreement has to")
    func fewAccepted() {
        let calm = Self.alike(20, settled: 2000, reported: 1, modelled: 1, both: 1)
        #expect(Fidelity(calm).judgement() == .unknown(.tooFewRefusals))
        #expect(Fidelity(calm).judgement(acceptsFewRefusals: true) == .pass)
        let wrong = Self.alike(20, settled: 100, reported: 1, modelled: 4, both: 1)
        guard case .fail = Fidelity(wrong).judgement(acceptsFewRefusals: true) else {
            Issue.record("97 % passed")
            return
        }
    }

    @Test("a wrong model that agrees on 98.7 % of calm traffic and on few refusals fails by its recall and precision")
    func calmTraffic() throws {
        let fidelity = Fidelity(Self.alike(50, settled: 2000, reported: 15, modelled: 15, both: 2))
        #expect(try #require(fidelity.share) > 0.985)
        guard case .fail(let faults) = fidelity.judgement() else {
            Issue.record("it passed")
            return
        }
        #expect(faults.contains { $0.hasPrefix("recall") } && faults.contains { $0.hasPrefix("precision") })
    }

    @Test(
        "the interval covers the true share at least as often as a bootstrap over identities",
        arguments: [(25, 0.88), (60, 0.93)])
    func coverage(identities: Int, least: Double) throws {
        var random = SplitMix64(seed: 42)
        let truth = 0.96
        var (covered, bootstrapped, binomial) = (0, 0, 0)
        let rounds = 300
        for _ in 0..<rounds {
            // Callers differ: of most nearly all requests agree, of some many do not; and in how much they ask.
            let sample = (0..<identities).map { _ -> (Int, Int) in
                let trials = [5, 10, 20, 60].randomElement(using: &random)!
                let share = Double.random(in: 0..<1, using: &random) < 0.2 ? 0.8 : 1.0
                return ((0..<trials).count { _ in Double.random(in: 0..<1, using: &random) < share }, trials)
            }
            var clustered = ClusteredShare()
            for (successes, trials) in sample { clustered.add(successes, of: trials) }
            if try #require(clustered.interval).contains(truth) { covered += 1 }
            if Self.bootstrap(sample, using: &random).contains(truth) { bootstrapped += 1 }
            let estimate = ShareEstimate(clustered.successes, of: clustered.trials)
            if (estimate.lower...estimate.upper).contains(truth) { binomial += 1 }
        }
        #expect(covered >= bootstrapped)
        #expect(Double(covered) / Double(rounds) >= least)
        #expect(binomial < covered - rounds / 10, "requests are not independent")
    }

    private static func bootstrap(_ sample: [(Int, Int)], using random: inout SplitMix64) -> ClosedRange<Double> {
        let shares = (0..<200).map { _ -> Double in
            var (successes, trials) = (0, 0)
            for _ in sample {
                let one = sample[Int(random.next() % UInt64(sample.count))]
                successes += one.0
                trials += one.1
            }
            return Double(successes) / Double(trials)
        }.sorted()
        return shares[5]...shares[194]
    }

    @Test("where a few callers make most requests the interval is as wide as theirs")
    func largeCallers() throws {
        var (even, uneven) = (ClusteredShare(), ClusteredShare())
        for place in 0..<40 {
            even.add(250, of: 250)
            uneven.add(place == 0 ? 9961 : 1, of: place == 0 ? 9961 : 1)
        }
        #expect(try #require(even.interval).lowerBound > 0.999)
        #expect(try #require(uneven.interval).lowerBound < 0.99)
    }
}
