import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /metrics` in the Prometheus text format. Never limited.
///
/// A text of many kilobytes for a request of a few bytes: requests at the same time share one, so that a flood of them takes
/// a bounded part of the processor.
struct MetricsController<Context: DoorContext>: Sendable {
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
