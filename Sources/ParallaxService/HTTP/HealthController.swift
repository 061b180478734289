import HTTPTypes
import Hummingbird

/// How the service is, for people, monitors and orchestrators. Never limited.
struct HealthController<Context: PeerContext>: Sendable {
    let source: any HealthSource

    private struct Liveness: Encodable {
        let status = "live"
    }

    private struct Readiness: Encodable {
        let ready: Bool
        let reasons: [String]
    }

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/health", [.get]) { _, _ in
            let report = await source.health()
            return try Response(json: report, status: Self.status(HealthVerdict(report).status))
        }
        routes.on("/health/live", [.get]) { _, _ in
            // That this is answered is the proof.
            try Response(json: Liveness())
        }
        routes.on("/health/ready", [.get]) { _, _ in
            let verdict = HealthVerdict(await source.health())
            let body = Readiness(ready: verdict.isReady, reasons: verdict.notReadyReasons)
            return try Response(json: body, status: verdict.isReady ? .ok : .serviceUnavailable)
        }
        routes.on("/api/system/rate-limit/health", [.get]) { _, _ in
            let report = LimiterHealthReport(await source.health())
            return try Response(json: report, status: Self.status(report.status))
        }
    }

    private static func status(_ status: HealthVerdict.Status) -> HTTPResponse.Status {
        status == .unhealthy ? .serviceUnavailable : .ok
    }
}
