import ParallaxCore
import Testing

@testable import DivergenceStore

/// What the two sides let through, and when that counts as different.
@Suite struct VolumeTests {
    private static let hour = Window(name: "hour", limit: 100, durationMilliseconds: 3_600_000)
    private static let second = Window(name: "second", limit: 10, durationMilliseconds: 1_000)

    private static func volume(
        minute: Int64 = 0, _ controlOnly: Int, _ candidateOnly: Int, seconds: Int = 1, windows: [Window] = [hour],
        identifier: String = "a", organization: String = "acme"
    ) -> ReportVolume {
        var sums = VolumeSums()
        let policy = sums.place(of: windows)
        sums.add(
            minute: minute * 60_000, identity: sums.number(of: organization, identifier),
            policy: policy, requests: controlOnly + candidateOnly, seconds: seconds, controlOnlyUnits: controlOnly,
            candidateOnlyUnits: candidateOnly)
        return sums.makeVolume()
    }

    @Test(
        "volumes differ where they are more than 5 % of the limit apart, either way",
        arguments: [(5, 0, false), (6, 0, true), (0, 5, false), (0, 6, true), (60, 60, false), (60, 54, true)])
    func border(_ controlOnly: Int, _ candidateOnly: Int, _ isDifferent: Bool) {
        let volume = Self.volume(controlOnly, candidateOnly)
        #expect(volume.windows.first?.spans == 1)
        #expect(volume.windows.first?.differing == (isDifferent ? 1 : 0))
        #expect(volume.requestsInDifferingVolumes == (isDifferent ? controlOnly + candidateOnly : 0))
        #expect(volume.requestsInEqualVolumes == (isDifferent ? 0 : controlOnly + candidateOnly))
        #expect(volume.windows.first?.lessUnits == (isDifferent ? max(0, controlOnly - candidateOnly) : 0))
        #expect(volume.windows.first?.moreUnits == (isDifferent ? max(0, candidateOnly - controlOnly) : 0))
    }

    @Test(
        "of a window shorter than a minute, as many may have been filled as seconds hold a difference",
        arguments: [(1, 1, true), (2, 1, false), (4, 2, false), (4, 3, true), (90, 30, false), (90, 31, true)])
    func shortWindows(_ seconds: Int, _ units: Int, _ isDifferent: Bool) {
        let volume = Self.volume(units, 0, seconds: min(seconds, 60), windows: [Self.second])
        #expect(volume.windows.first?.differing == (isDifferent ? 1 : 0))
        #expect(volume.windows.first?.spanMilliseconds == 60_000)
    }

    @Test("minutes of one span make up for each other, and those of several databases")
    func sumsOverSpans() {
        var sums = VolumeSums()
        let policy = sums.place(of: [Self.hour])
        for (minute, controlOnly, candidateOnly) in [(0, 40, 0), (59, 0, 38), (60, 7, 0)] {
            sums.add(
                minute: Int64(minute) * 60_000, identity: sums.number(of: "acme", "a"),
                policy: policy, requests: 1, seconds: 1, controlOnlyUnits: controlOnly,
                candidateOnlyUnits: candidateOnly)
        }
        let volume = sums.makeVolume()
        #expect(volume.windows.first?.spans == 2)
        #expect(volume.windows.first?.differing == 1)
        #expect(volume.windows.first?.lessUnits == 7)
        #expect(volume.requestsInEqualVolumes == 2)
        #expect(volume.requestsInDifferingVolumes == 1)
        #expect(volume.controlOnlyUnits == 47)
        #expect(volume.candidateOnlyUnits == 38)
    }

    @Test("identities, policies and minutes in any order come to the same, and a window counts where a policy has it")
    func order() {
        let minutes: [(Int64, String, [Window], Int)] = [
            (0, "a", [Self.hour], 3), (1, "a", [Self.second, Self.hour], 3), (1, "b", [Self.second], 1),
            (2, "a", [Self.second], 9), (60, "b", [Self.hour], 6), (1, "a", [], 20),
        ]
        for rotation in minutes.indices {
            var sums = VolumeSums()
            for (minute, identifier, windows, units) in minutes[rotation...] + minutes[..<rotation] {
                let policy = sums.place(of: windows)
                sums.add(
                    minute: minute * 60_000, identity: sums.number(of: "acme", identifier),
                    policy: policy, requests: 1, seconds: 1, controlOnlyUnits: units, candidateOnlyUnits: 0)
            }
            let volume = sums.makeVolume()
            #expect(volume.windows.map(\.name) == ["second", "hour"])
            #expect(volume.windows.map(\.spans) == [3, 2])
            #expect(volume.windows.map(\.differing) == [3, 2])
            #expect(volume.windows.map(\.lessUnits) == [13, 12])
            #expect(volume.requestsInDifferingVolumes == 5)
            #expect(volume.requestsInEqualVolumes == 1)
        }
    }

    @Test("identities beyond the bound are in the units and in no span")
    func uncounted() {
        let volume = Self.volume(50, 0, identifier: "", organization: "")
        #expect(volume.requestsOfUncounted == 50)
        #expect(volume.controlOnlyUnits == 50)
        #expect(volume.windows.isEmpty)
    }

    @Test("what the recorder wrote is what the report tells, over several flushes and both sides")
    func recorded() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store, instance: "i")
            for count in 0..<3 {
                recorder.compared(
                    .sample(.diverged(.newlyLimited, .otherInstances), at: .sample + Int64(count) * 1_000, cost: 2))
                recorder.compared(.sample(.agreed, at: .sample, cost: 3))
                await recorder.flush()
            }
            recorder.compared(.sample(.diverged(.newlyAllowed, .carriedOver), at: .sample + 100, cost: 1))
            recorder.compared(.sample(.diverged(.differentWindow, .boundary), at: .sample, cost: 9))
            await recorder.flush()
            let volume = try await store.report().volume
            #expect(volume.controlOnlyUnits == 6)
            #expect(volume.candidateOnlyUnits == 1)
            #expect(volume.controlUnits == 3 * (2 + 3))
            #expect(volume.candidateUnits == 3 * 3 + 1)
            #expect(volume.windows.allSatisfy { $0.spans == 1 })
            #expect(volume.requestsInEqualVolumes + volume.requestsInDifferingVolumes == 4)
            let elsewhere = try await store.report(DivergenceFilter(organization: "absent"))
            #expect(elsewhere.volume == ReportVolume())
        }
    }

    @Test("beyond the bound of identities, volumes are counted together, and none is lost")
    func bound() {
        var batch = RecordBatch()
        let bounds = RecordBatch.Bounds(totals: 10, rows: 10, volumes: 2)
        for number in 0..<5 {
            let comparison = Comparison.sample(.diverged(.newlyLimited, .boundary), at: .sample)
            let key = VolumeKey(
                minute: .sample, organization: ExactText("acme"), identifier: ExactText("\(number)"), policy: 1)
            batch.add(Volume(comparison)!, of: key, bounds: bounds)
        }
        #expect(batch.volumes.count == 3)
        #expect(batch.volumes.values.map(\.requests).reduce(0, +) == 5)
        #expect(batch.volumes.first { $0.key.identifier == .empty }?.value.requests == 3)
    }
}

extension VolumeSums {
    fileprivate mutating func number(of organization: String, _ identifier: String) -> Int? {
        Array(organization.utf8).withUnsafeBytes { organization in
            Array(identifier.utf8).withUnsafeBytes { number(of: organization, $0) }
        }
    }
}
