import Dispatch
import Foundation
import GRDB
import ParallaxCore
import ServiceLifecycle
import Testing

@testable import DivergenceStore

@Suite struct RecorderTests {
    @Test("one comparison of every result comes back in its own count")
    func countsEveryResult() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for result in everyResult { recorder.compared(.sample(result)) }
            #expect(await recorder.flush())
            let report = try await store.report()
            #expect(report.compared == 1 + 4 * 11)
            #expect(report.agreed == 1)
            #expect(report.diverged == 44)
            #expect(
                report.incomparable
                    == Dictionary(uniqueKeysWithValues: Unavailability.allCases.map { ($0.rawValue, 1) }))
            #expect(report.kinds == Dictionary(uniqueKeysWithValues: DivergenceKind.allCases.map { ($0.rawValue, 11) }))
            #expect(
                report.causes == Dictionary(uniqueKeysWithValues: DivergenceCause.allCases.map { ($0.rawValue, 4) }))
            #expect(report.control == .init(allowed: 23, limited: 22))
            #expect(report.candidate == .init(allowed: 23, limited: 22))
            #expect(report.controlWhereIncomparable == .init(allowed: 9, limited: 0))
            #expect(report.storedOneByOne == 33)
            #expect(report.onlyCounted == 11)
            #expect(report.dropped.isEmpty && report.rowsDropped.isEmpty)
            #expect(report.instances == ["a"])
        }
    }

    @Test("totals are exact under many threads while flushes run, and the sum is the number of requests")
    func exactUnderThreads() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) {
                $0.maximumRowsPerMinuteAndGroup = 7
                $0.maximumBufferedRows = 50
            }
            let flushing = Task {
                while !Task.isCancelled { await recorder.flush() }
            }
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<8 {
                    group.addTask {
                        for number in 0..<2_000 {
                            recorder.compared(
                                .sample(
                                    everyResult[(thread * 31 + number) % everyResult.count],
                                    organization: "org \(number % 5)", identifier: "key \(thread)",
                                    at: .sample.plus(minutes: Int64(number % 3))))
                        }
                    }
                }
            }
            flushing.cancel()
            await flushing.value
            #expect(await recorder.flush())
            let report = try await store.report()
            #expect(report.sum == 16_000)
            #expect(report.dropped.isEmpty)
            #expect(report.compared == report.agreed + report.diverged)
            #expect(report.diverged == report.storedOneByOne + report.onlyCounted)
            #expect(
                report.onlyCounted == report.kinds["quota_drift"]! + report.rowsDropped.values.reduce(0, +))
            #expect(report.storedOneByOne == (try await store.divergences(limit: .max).count))
            #expect(recorder.health.writtenComparisons == 16_000)
            #expect(recorder.health.writtenRows == report.storedOneByOne)
        }
    }

    @Test("rows beyond the bound of a minute and group are only counted, also over several flushes")
    func samplesByGroup() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumRowsPerMinuteAndGroup = 3 }
            for minute in 0..<2 as Range<Int64> {
                for organization in ["a", "b"] {
                    for _ in 0..<5 {
                        recorder.compared(
                            .sample(
                                .diverged(.newlyLimited, .boundary), organization: organization,
                                at: .sample.plus(minutes: minute)))
                        await recorder.flush()
                    }
                }
            }
            let report = try await store.report()
            #expect(report.diverged == 20)
            #expect(report.storedOneByOne == 12)
            #expect(report.onlyCounted == 8)
            #expect(report.rowsDropped == ["sampled": 8])
            #expect(recorder.health.droppedRows == [.sampled: 8])
        }
    }

    @Test("rows beyond the buffer are only counted")
    func boundsBuffer() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumBufferedRows = 4 }
            for _ in 0..<10 { recorder.compared(.sample(.diverged(.newlyAllowed, .restart))) }
            #expect(recorder.health.pendingRows == 4)
            #expect(recorder.health.pendingComparisons == 10)
            await recorder.flush()
            let report = try await store.report()
            #expect(report.kinds == ["newly_allowed": 10])
            #expect(report.storedOneByOne == 4)
            #expect(report.rowsDropped == ["buffer_full": 6])
        }
    }

    @Test("organizations beyond the bound of a minute are counted together under no organization's name")
    func boundsOrganizations() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumOrganizationsPerMinute = 2 }
            for name in ["a", "b", "c", "(other)", "a"] {
                recorder.compared(.sample(.diverged(.newlyLimited, .boundary), organization: name))
                await recorder.flush()
            }
            let report = try await store.report()
            #expect(
                report.mostAffectedOrganizations == [
                    .init(organization: nil, kinds: ["newly_limited": 2]),
                    .init(organization: "a", kinds: ["newly_limited": 2]),
                    .init(organization: "b", kinds: ["newly_limited": 1]),
                ])
            #expect(report.diverged == 5)
            #expect(report.storedOneByOne == 5)
            #expect(Set(report.mostAffected.map(\.organization)) == ["a", "b", "c", "(other)"])
        }
    }

    @Test("counters beyond their bound fold organizations together, then drop comparisons, and count both")
    func boundsTotals() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.maximumBufferedTotals = 4 }
            for minute in 0..<10 as Range<Int64> {
                recorder.compared(.sample(.diverged(.newlyLimited, .boundary), at: .sample.plus(minutes: minute)))
            }
            await recorder.flush()
            let report = try await store.report()
            #expect(report.diverged == 6)
            #expect(report.dropped == ["buffer_full": 4])
            #expect(report.sum == 10)
            #expect(report.storedOneByOne == 6)
            #expect(recorder.health.droppedComparisons == [.bufferFull: 4])
        }
    }

    @Test("an instance without traffic still says that it is alive")
    func notesInstance() async throws {
        try await withStore { store in
            await Recorder.sample(store, instance: "quiet").flush()
            #expect(try await store.report().instances == ["quiet"])
            let times = try await store.read {
                try Row.fetchOne($0, sql: "SELECT started_at, last_flush_at FROM instance")?.description
            }
            let time = Timestamp.sample.milliseconds
            #expect(times == "[started_at:\(time) last_flush_at:\(time)]")
        }
    }

    @Test("graceful shutdown writes what is in the buffer")
    func flushesAtShutdown() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.flushInterval = .seconds(3_600) }
            let group = ServiceGroup(services: [recorder], logger: recorder.logger)
            let running = Task { try await group.run() }
            recorder.compared(.sample(.agreed))
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(try await store.report().agreed == 1)
            #expect(recorder.health.pendingComparisons == 0)
        }
    }

    @Test("a cancelled run writes what is in the buffer")
    func flushesWhenCancelled() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.flushInterval = .seconds(3_600) }
            recorder.compared(.sample(.agreed))
            let running = Task { try await recorder.run() }
            running.cancel()
            try await running.value
            #expect(try await store.report().agreed == 1)
        }
    }

    @Test("a running recorder flushes again and again")
    func flushesWhileRunning() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store) { $0.flushInterval = .milliseconds(1) }
            let running = Task { try await recorder.run() }
            for number in 1...3 {
                recorder.compared(.sample(.agreed))
                while recorder.health.writtenComparisons < number { await Task.yield() }
            }
            running.cancel()
            try await running.value
            #expect(try await store.report().agreed == 3)
        }
    }
}
