import ArgumentParser
import CommandSupport
import Crypto
import DivergenceStore
import Foundation
import ParallaxCore
import Testing

@testable import parallax

@Suite struct ReportCommandTests {
    private func withDatabase(_ body: (ReportDatabase, TemporaryFolder) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await body(try await ReportDatabase.make(in: folder), folder)
    }

    /// What a report says into a file.
    private func report(_ database: ReportDatabase, _ folder: TemporaryFolder, _ arguments: [String]) async throws
        -> String
    {
        let file = folder.path + "/output"
        let command = try Report.parse(["--database", database.path, "--output", file] + arguments)
        try await command.run()
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    @Test("the exit code of the gate tells wait from no-go, and without --gate a report is done when it is printed")
    func exitCodes() async throws {
        #expect(GateVerdict.allCases.map(\.exitCode.rawValue) == [0, 2, 3])
        try await withDatabase { database, folder in
            // Of 100 requests 5 are unexplained.
            let noGo = await #expect(throws: ExitCode.self) { try await report(database, folder, ["--gate"]) }
            #expect(noGo == ExitCode(3))
            let settle = try DivergencesSettle.parse([
                "--database", database.path, "--kind", "newly_limited", "--cause", "unexplained", "--as", "expected",
                "--by", "ada", "--note", "made by a test",
            ])
            try await settle.run()
            let wait = await #expect(throws: ExitCode.self) { try await report(database, folder, ["--gate"]) }
            #expect(wait == ExitCode(2))
            let text = try await report(database, folder, [])
            #expect(text.hasPrefix("WAIT: "))
            #expect(text.contains("by ada: made by a test"))
        }
    }

    @Test("the page holds no markup, no script and nothing from outside, whatever identities are called")
    func page() async throws {
        try await withDatabase { database, folder in
            let page = try await report(database, folder, ["--format", "html", "--since", "1h"])
            #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("\u{202e}"))
            #expect(!page.contains("\0") && !page.lowercased().contains("javascript:"))
            #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(page.contains("a\\u{0}b\\u{202e}c"))
            for outside in ["src=\"", "url(", "@import", "<link", "<iframe", "<form", " style=\""] {
                #expect(!page.contains(outside), "\(outside)")
            }
            // The name of SVG's own vocabulary is fetched by no one.
            let addresses = page.components(separatedBy: "http").count - 1
            let vocabulary = page.components(separatedBy: "xmlns=\"http://www.w3.org/2000/svg\"").count - 1
            let policies = page.components(separatedBy: "http-equiv=").count - 1
            #expect(addresses == vocabulary + policies)
        }
    }

    @Test("the page's policy lets nothing in but its own style, which it knows by its hash")
    func policy() async throws {
        try await withDatabase { database, folder in
            let page = try await report(database, folder, ["--format", "html"])
            let style = try #require(page.firstMatch(of: #/<style>([^<]*)</style>/#)).1
            let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
            #expect(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-\(hash)&#39;"))
        }
    }

    @Test("every element of the page is closed where it should be")
    func wellFormed() async throws {
        try await withDatabase { database, folder in
            let page = try await report(database, folder, ["--format", "html", "--since", "1h"])
            var open: [Substring] = []
            for match in page.matches(of: #/<(/?)([a-z0-9]+)[^>]*>/#) where match.2 != "meta" {
                if match.1.isEmpty { open.append(match.2) } else { #expect(open.popLast() == match.2) }
            }
            #expect(open.isEmpty)
            let identifiers = page.matches(of: #/ id="([^"]*)"/#).map(\.1)
            #expect(Set(identifiers).count == identifiers.count)
            for link in page.matches(of: ##/href="#([^"]*)"/##) { #expect(identifiers.contains(link.1)) }
            #expect(page.components(separatedBy: "<table").count == page.components(separatedBy: "<caption").count)
        }
    }

    @Test("from a total one gets to its examples with both sides' evidence")
    func drillDown() async throws {
        try await withDatabase { database, folder in
            let page = try await report(database, folder, ["--format", "html"])
            #expect(page.contains("<summary>newly_limited, unexplained<span> · 5 requests</span></summary>"))
            #expect(page.contains("<td>limited by minute</td><td class=\"number\">900 ms</td>"))
            #expect(page.contains("The clock of Redis was -5 ms ahead"))
            #expect(page.contains("Of 100 requests that both sides judged, agreed or not"))
        }
    }

    @Test("CSV has the totals that sum up to all requests, or the single divergences")
    func csv() async throws {
        try await withDatabase { database, folder in
            let totals = try await report(database, folder, ["--format", "csv"]).split(separator: "\r\n")
            #expect(totals[0] == Substring(TotalsCSV.columns.joined(separator: ",")))
            // Only the organization can hold a comma, and it stands before these.
            let requests = totals.dropFirst().compactMap { line in
                line.split(separator: ",", omittingEmptySubsequences: false).dropLast(5).last.flatMap { Int($0) }
            }
            #expect(requests.reduce(0, +) == 100)
            #expect(totals.contains { $0.contains(",'=1+1,") })
            let rows = try await report(database, folder, ["--format", "csv", "--rows", "divergences"])
            #expect(rows.split(separator: "\r\n").count == 6)
            #expect(rows.contains("'=1+1,'=1+1,1,newly_limited,unexplained,control,"))
            #expect(!rows.contains("\0"))
        }
    }

    @Test("JSON is the documented object with the verdict in it, and reads back")
    func json() async throws {
        try await withDatabase { database, folder in
            let text = try await report(database, folder, ["--format", "json", "--since", "1h"])
            let read = try JSONDecoder().decode(DivergenceReport.self, from: Data(text.utf8))
            #expect(read.gate?.verdict == .noGo)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let keys = [
                "version", "from", "to", "instances", "compared", "agreed", "diverged", "incomparable", "dropped",
                "control", "candidate", "kinds", "causes", "causesByKind", "storedOneByOne", "onlyCounted",
                "rowsDropped", "mostAffected", "mostAffectedOrganizations", "controlWhereIncomparable", "timeline",
                "timelineStepMilliseconds", "newlyLimited", "newlyAllowed", "summary", "causeTimes", "durations",
                "events",
                "coverage", "previous", "changes", "shares",
                "open", "settlements", "gate",
            ]
            for key in keys { #expect(object[key] != nil, "\(key)") }
            let page = try String(
                contentsOf: URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../docs/report.md")
                    .standardizedFileURL, encoding: .utf8)
            for key in object.keys { #expect(page.contains("`\(key)`"), "\(key) is not documented") }
        }
    }

    @Test("a report that is written to a file is open to its user only")
    func writesPrivately() async throws {
        try await withDatabase { database, folder in
            _ = try await report(database, folder, [])
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/output")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test("the first figures of every form are the verdicts that change, and how many callers they hit")
    func changedVerdictsFirst() async throws {
        try await withDatabase { database, folder in
            let text = try await report(database, folder, [])
            let headline = "5 of 100 requests (5 %) would get another verdict"
            let first = try #require(text.range(of: headline))
            #expect(text[..<first.lowerBound].contains("NO-GO") && !text[..<first.lowerBound].contains("diverged"))
            #expect(text.contains("newly limited      5  5 %  5 callers of 5 organizations"))
            #expect(text.contains("5 % of the requests would newly be refused: decide whether that is wanted"))
            #expect(text.contains("Control is the limiter in each instance's memory"))
            let page = try await report(database, folder, ["--format", "html"])
            let cards = try #require(
                page.range(of: "<dt>get another verdict</dt><dd>5 %<small>5 of 100 requests</small>"))
            let body = try #require(page.range(of: "<body"))
            #expect(!page[body.lowerBound..<cards.lowerBound].contains("diverged"))
            let json = try await report(database, folder, ["--format", "json"])
            let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
            let summary = try #require(object["summary"] as? [String: Any])
            let limited = try #require(summary["newlyLimited"] as? [String: Any])
            #expect(limited["callers"] as? Int == 5)
            #expect((summary["undecided"] as? [String])?.count == 1)
        }
    }

    @Test("a file is written whole or not at all")
    func writesWhole() async throws {
        try await withDatabase { database, folder in
            let failure = await #expect(throws: CommandFailure.self) {
                let command = try Report.parse(["--database", database.path, "--output", folder.path + "/no/x"])
                try await command.run()
            }
            #expect(failure?.status == .notPermitted)
            do {
                var sink = try ReportOutput(path: folder.path + "/whole").open()
                try sink.write("half")
            }
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/whole"))
            try ReportOutput(path: folder.path + "/whole").write("one")
            try ReportOutput(path: folder.path + "/whole").write("two")
            #expect(try String(contentsOfFile: folder.path + "/whole", encoding: .utf8) == "two\n")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(!left.contains { $0.hasSuffix(".draft") })
        }
    }

    @Test("the period before is as long as the one asked for, ends where that begins, and needs a beginning")
    func periodBefore() {
        let minute = Timestamp(milliseconds: 1_767_225_600_000)
        func before(_ since: Timestamp?, _ until: Timestamp?) -> Range<Timestamp>? {
            Report.periodBefore(DivergenceFilter(since: since, until: until), now: minute + 600_000)
        }
        #expect(before(nil, nil) == nil)
        #expect(before(minute, nil) == (minute + -600_000)..<minute)
        #expect(before(minute + 59_999, minute + 300_000) == (minute + -300_000)..<minute)
        #expect(before(minute + 900_000, nil) == nil)
    }

    @Test("what is settled must exist, and has a name and a reason")
    func settling() async throws {
        try await withDatabase { database, _ in
            func settle(_ arguments: [String]) async throws {
                let command = try DivergencesSettle.parse(
                    ["--database", database.path, "--as", "expected", "--kind", "newly_limited"] + arguments)
                try await command.run()
            }
            let nothing = await #expect(throws: CommandFailure.self) {
                try await settle(["--cause", "boundary", "--note", "x"])
            }
            #expect(nothing?.status == .failure)
            for note in ["", " ", "a\nb", "a\u{1b}[2J", String(repeating: "x", count: 1_001)] {
                await #expect(throws: (any Error).self) {
                    try await settle(["--cause", "unexplained", "--note", note])
                }
            }
            let missing = await #expect(throws: CommandFailure.self) {
                let command = try DivergencesSettle.parse([
                    "--database", database.path + ".no", "--as", "bug", "--kind", "newly_limited", "--cause",
                    "unexplained", "--note", "x",
                ])
                try await command.run()
            }
            #expect(missing?.status == .noInput)
            #expect(!FileManager.default.fileExists(atPath: database.path + ".no"))
            let store = try DivergenceStore(readingFrom: database.path)
            #expect(try await DivergenceStore.settlements(of: [store]).isEmpty)
        }
    }

    @Test("a listed divergence shows what both sides saw, and hides nothing of a hostile name")
    func listed() async throws {
        try await withDatabase { database, _ in
            let store = try DivergenceStore(readingFrom: database.path)
            let newest = try await DivergencesList.newest(
                of: [store], DivergenceFilter(organization: "a\u{0}b\u{202e}c"), limit: 9)
            let text = try #require(newest.map(DivergenceText.init).map(\.text).first)
            #expect(
                text == """
                    \(database.time.text) UTC  newly_limited by unexplained  a\\u{0}b\\u{202e}c of a\\u{0}b\\u{202e}c
                      control    allowed; second 3/10, minute 3/60, hour 3/1000, burst 3/20; took 40 µs
                      candidate  limited by minute for 900 ms; second 3/10, minute 3/60, hour 3/1000, burst 3/20; took 40 µs
                      1 unit on <script>alert(1)</script>, which had sent 1, 2, 3, 4; enforced: control
                    """)
        }
    }

    @Test(
        "a list of one caller is of that organization's, or of global's, and a name that no caller can have is refused")
    func listedByCaller() async throws {
        try await withDatabase { database, _ in
            func listed(_ arguments: String...) async throws -> [String] {
                let command = try DivergencesList.parse(["--database", database.path] + arguments)
                return try await command.newest().map(\.identifier)
            }
            let name = ReportDatabase.hostile[3]
            let own = try await listed("--identifier", name, "--organization", name)
            #expect(own == [name])
            #expect(try await listed("--identifier", name).isEmpty)
            #expect(try await listed("--identifier", "absent", "--organization", name).isEmpty)
            #expect(try await listed("--organization", name) == [name])
            let failure = await #expect(throws: CommandFailure.self) {
                try await listed("--identifier", String(repeating: "x", count: 257))
            }
            #expect(failure?.status == .usage && failure?.message.contains("identifier") == true)
        }
    }
}
