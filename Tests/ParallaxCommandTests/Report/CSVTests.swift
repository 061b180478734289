import DivergenceStore
import Foundation
import ParallaxCore
import Testing

@testable import parallax

@Suite struct CSVTests {
    @Test(
        "a text is quoted where RFC 4180 asks for it",
        arguments: [
            ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"so\"", "\"say \"\"so\"\"\""),
            (" edge", "\" edge\""),
            ("a'b", "a'b"), ("two\nlines", "two\\u{a}lines"), ("a\u{0}b\u{202e}", "a\\u{0}b\\u{202e}"),
        ])
    func quotes(text: String, field: String) {
        #expect(CSV.line([.text(text), .number(1)]) == "\(field),1\r\n")
    }

    @Test(
        "no text begins as a formula does, and numbers stay numbers",
        arguments: [
            ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\\u{9}=1"),
            ("\r=1", "'\\u{d}=1"), ("＝1", "'＝1"), ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("a=1", "a=1"),
        ])
    func disarms(text: String, field: String) {
        #expect(CSV.line([.text(text), .number(-12), .empty]) == "\(field),-12,\r\n")
    }

    @Test("every line has as many fields as there are columns")
    func columns() {
        let total = TotalLine.sample(organization: nil)
        #expect(TotalsCSV.line(total) == "2026-01-01T00:00:00Z,,diverged,newly_limited,boundary,9,4,9,0,0,9\r\n")
        #expect(TotalsCSV.columns.count == 11)
        #expect(DivergencesCSV.columns.count == 23)
    }
}

extension TotalLine {
    fileprivate static func sample(organization: String?) -> TotalLine {
        TotalLine(
            minute: Timestamp(milliseconds: 1_767_225_600_000), organization: organization, outcome: "diverged",
            detail: "newly_limited", cause: "boundary", requests: 9, stored: 4,
            control: .init(allowed: 9, limited: 0), candidate: .init(allowed: 0, limited: 9))
    }
}
