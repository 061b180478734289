import HTTPTypes
import Hummingbird
import NIOCore
import ParallaxCore

/// `GET /metrics` in the Prometheus text format. Never limited.
///
/// A text of many kilobytes for a request of a few bytes: requests at the same time share one, so that a flood of them takes
/// a bounded part of the processor.
struct MetricsController<Context: PeerContext>: Sendable {
    private let text: SharedResult<ByteBuffer>

    init(
        metrics: DecisionMetrics, http: HTTPMetrics, connections: ConnectionTable?, health: any HealthSource,
        spacing: Duration = .milliseconds(50)
    ) {
        text = SharedResult(spacing: spacing) {
            var text = PrometheusText()
            BuildInfo.write(to: &text)
            metrics.write(to: &text)
            http.write(to: &text, connections: connections)
            ProcessMetrics().write(to: &text)
            HealthMetrics(report: await health.health()).write(to: &text)
            return ByteBuffer(string: text.text)
        }
    }

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/metrics", [.get]) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: await text.value))
        }
    }
}

/// Makes a result for all that ask for it at about the same time: one is made at a time, and a new one begins only a while
/// after the one before. No caller gets a result that was begun before it asked.
actor SharedResult<Value: Sendable> {
    private let spacing: Duration
    private let make: @Sendable () async -> Value
    /// The result that is being made, or the last one.
    private var running: Task<Value, Never>?
    /// The result that begins after that, for all that ask until then.
    private var waiting: Task<Value, Never>?
    private var lastBegun: ContinuousClock.Instant?

    /// - Parameter spacing: The least time from the beginning of one result to that of the next.
    init(spacing: Duration, make: @escaping @Sendable () async -> Value) {
        self.spacing = spacing
        self.make = make
    }

    var value: Value {
        get async { await (waiting ?? enqueue()).value }
    }

    private func enqueue() -> Task<Value, Never> {
        let (previous, earliest) = (running, lastBegun.map { $0 + spacing })
        let task = Task {
            _ = await previous?.value
            if let earliest { try? await Task.sleep(until: earliest, clock: .continuous) }
            begin()
            return await make()
        }
        waiting = task
        return task
    }

    private func begin() {
        (running, waiting) = (waiting, nil)
        lastBegun = .now
    }
}
