import CommandSupport
import DivergenceStore
import Logging
import ParallaxCore

/// A database that a recorder has filled, and more written into it.
struct StoreDatabase: Sendable {
    /// How much it holds.
    struct Size: Encodable, Sendable {
        var compared = 10_000_000
        var divergences = 1_000_000
        var days = 1
    }

    let size: Size
    let store: DivergenceStore
    private let recorder: Recorder
    private let end: Timestamp
    private var workload: StoreWorkload
    private static let rowsAtOnce = 32_768

    /// - Parameter path: Of a new file.
    init(path: String, size: Size, workload: StoreWorkload) throws {
        self.size = size
        self.workload = workload
        store = try DivergenceStore(path: path)
        var settings = Recorder.Settings()
        settings.maximumRowsPerMinuteAndGroup = .max
        settings.maximumBufferedRows = Self.rowsAtOnce
        recorder = Recorder(
            store: store, instance: "bench", settings: settings, logger: Logger(label: "parallax.bench"))
        end = .wallClock
    }

    /// Compares all requests, evenly over the days.
    mutating func fill() async throws {
        let minutes = size.days * 1440
        var rows = 0
        for minute in 0..<minutes {
            try Task.checkCancellation()
            let start = end + -Int64(minutes - minute) * 60_000
            let requests = Self.share(size.compared, minute, of: minutes)
            let divergences = Self.share(size.divergences, minute, of: minutes)
            if rows + divergences > Self.rowsAtOnce {
                try await flush()
                rows = 0
            }
            rows += divergences
            for number in 0..<requests {
                let time = start + Int64(number) * 60_000 / Int64(requests)
                recorder.compared(
                    number < divergences ? workload.makeDivergence(at: time) : workload.makeAgreement(at: time))
            }
        }
        try await flush()
        guard recorder.health.droppedRows.isEmpty, recorder.health.writtenRows == size.divergences else {
            throw CommandFailure(.failure, "the database did not take all \(size.divergences) divergences")
        }
    }

    /// Writes as many divergences as a buffer holds, of the minute that is now, as a service under load would.
    ///
    /// - Returns: Rows a second, from taking the buffer to the end of the transaction.
    mutating func write() async throws -> Double {
        let now = Timestamp.wallClock
        for _ in 0..<Self.rowsAtOnce { recorder.compared(workload.makeDivergence(at: now)) }
        let before = recorder.health.writtenRows
        let start = ContinuousClock.now
        try await flush()
        let elapsed = start.duration(to: .now)
        return Double(recorder.health.writtenRows - before) / (elapsed / .seconds(1))
    }

    private func flush() async throws {
        guard await recorder.flush() else {
            throw CommandFailure(.failure, recorder.health.lastError ?? "the database could not be written")
        }
    }

    /// What comes to one of several equal parts, so that all together are the whole.
    private static func share(_ whole: Int, _ part: Int, of parts: Int) -> Int {
        whole * (part + 1) / parts - whole * part / parts
    }
}
