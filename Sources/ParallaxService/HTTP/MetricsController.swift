import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /metrics` in the Prometheus text format. Never limited.
struct MetricsController<Context: DoorContext>: Sendable {
    let metrics: DecisionMetrics
    let http: HTTPMetrics
    let connections: ConnectionTable?
    let health: any HealthSource

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/metrics", [.get]) { _, _ in
            var text = PrometheusText()
            BuildInfo.write(to: &text)
            metrics.write(to: &text)
            http.write(to: &text, connections: connections)
            ProcessMetrics().write(to: &text)
            HealthMetrics(snapshot: await health.health()).write(to: &text)
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
        }
    }
}
