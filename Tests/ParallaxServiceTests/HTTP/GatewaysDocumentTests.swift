import Foundation
import Testing

/// What a configuration of docs/gateways.md must hold, or callers choose who they are.
@Suite struct GatewaysDocumentTests {
    private static func section(_ name: String) throws -> String {
        let page = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/gateways.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let sections = text.components(separatedBy: "\n## ")
        return try #require(sections.first { $0.hasPrefix("\(name)\n") })
    }

    @Test(
        "each gateway names its client, and asks without the tenant that its client chose",
        arguments: [
            (
                "nginx",
                ["proxy_set_header X-Forwarded-For $remote_addr;", "proxy_set_header X-Organization-Id \"\";"]
            ),
            // Caddy sorts directives outside of `route`: it would ask before it drops the header.
            ("Caddy", ["route {", "request_header -X-Organization-Id", "forward_auth"]),
            ("Traefik", ["X-Organization-Id: \"\"", "middlewares: [strip, parallax]"]),
            ("Envoy", ["use_remote_address: true", "[{exact: x-forwarded-for}, {exact: x-api-key}]"]),
            ("HAProxy", ["local headers = { [\"x-forwarded-for\"] = { txn.f:src() } }"]),
        ] as [(String, [String])])
    func dropsTheTenant(gateway: String, lines: [String]) throws {
        var rest = Substring(try Self.section(gateway))
        for line in lines {
            let found = try #require(rest.range(of: line), "\(line) is missing, or comes too early")
            rest = rest[found.upperBound...]
        }
    }
}
