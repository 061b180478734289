import Testing

/// The placeholders and the difference of golden files.
@Suite struct GoldenSupportTests {
    @Test(
        "what differs from run to run of a service gets a placeholder, and what stands next to it stays",
        arguments: [
            ("Retry-After: 59\nX-RateLimit-Limit: 2", "Retry-After: <n>\nX-RateLimit-Limit: 2"),
            (#"{"reset_ms":1796076604474,"limit":1000}"#, #"{"reset_ms":<milliseconds>,"limit":1000}"#),
            (#"{"round_trip_ms":0.21,"capacity":32768}"#, #"{"round_trip_ms":<n>,"capacity":32768}"#),
            (#"{"sentence":"1 of 3 probes, \"2\" s","of":3}"#, #"{"sentence":"<n> of <n> probes, \"<n>\" s","of":3}"#),
            (
                #"{"name":"second","used":2,"limit":9},{"name":"hour","used":2}"#,
                #"{"name":"second","used":<n>,"limit":9},{"name":"hour","used":2}"#
            ),
            ("at 2026-11-30 22:10:01 UTC, 7 times", "at <date> <time> UTC, 7 times"),
            ("http://127.0.0.1:8080/health", "http://127.0.0.1:<port>/health"),
            ("parallax 0.1.0", "parallax <version>"),
        ])
    func placeholders(text: String, expected: String) {
        #expect(VolatileText().replaced(in: text, of: .running) == expected)
    }

    @Test("of stored data times and durations are compared")
    func stored() {
        let text = "2026-11-30 22:10:01 UTC, p95 4.3 ms, 1796076604474"
        #expect(VolatileText().replaced(in: text, of: .stored) == text)
    }

    @Test("a line that has changed is shown with those around it")
    func difference() {
        let old = (1...9).map { "line \($0)" }.joined(separator: "\n") + "\n"
        let new = old.replacing("line 5", with: "LINE 5") + "line 10\n"
        #expect(
            UnifiedDiff(old: old, new: new, oldName: "a", newName: "b").text == """
                --- a
                +++ b
                @@ -2,8 +2,9 @@
                 line 2
                 line 3
                 line 4
                -line 5
                +LINE 5
                 line 6
                 line 7
                 line 8
                 line 9
                +line 10
                """)
    }

    @Test("JSON has a line for each key, and nothing else changes")
    func unfolded() {
        let text = #"{"a":[],"b":[[1,2],{"c":"x,\"{"}],"d":{}}"#
        #expect(text.unfoldedJSON.filter { !$0.isNewline && $0 != " " } == text)
        #expect(
            #"{"a":[1,{}],"b":"c,\"["}"#.unfoldedJSON == "{\n  \"a\":[\n    1,\n    {}\n  ],\n  \"b\":\"c,\\\"[\"\n}")
    }
}
