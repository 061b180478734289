import Testing

@testable import parallax_bench

@Suite struct WrkOutputTests {
    private static let text = """
        Running 5s test @ http://127.0.0.1:8080/v1/check
          1 threads and 64 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency     2.06ms    1.20ms  31.42ms   91.35%
            Req/Sec    32.05k     2.13k   36.10k    74.00%
          Latency Distribution
             50%  635.91us
             75%    2.35ms
             90%    3.01ms
             99%    1.02s
          159483 requests in 5.00s, 41.22MB read
        Requests/sec:  31890.12
        Transfer/sec:      8.24MB
        """

    @Test("rate, median and 99th percentile are read, each time in its own unit")
    func figures() throws {
        let output = try #require(WrkOutput(parsing: Self.text))
        #expect(output.requestsPerSecond == 31_890.12)
        #expect(abs(output.p50Milliseconds - 0.63591) < 1e-9)
        #expect(output.p99Milliseconds == 1020)
        #expect(!output.hasErrors)
    }

    @Test("answers other than 2xx and socket errors are counted")
    func errors() throws {
        let output = try #require(
            WrkOutput(
                parsing: Self.text
                    + "\n  Socket errors: connect 0, read 3, write 0, timeout 1\n  Non-2xx or 3xx responses: 142\n"))
        #expect(output.socketErrorCount == 4)
        #expect(output.non2xxCount == 142)
        #expect(output.hasErrors)
    }

    @Test(
        "output that lacks a figure is none", arguments: ["Requests/sec:", "50%", "99%"])
    func incomplete(without start: String) {
        let lines = Self.text.split(separator: "\n").filter { !$0.contains(start) }
        #expect(WrkOutput(parsing: lines.joined(separator: "\n")) == nil)
    }

    @Test("a message in place of figures is none")
    func message() {
        #expect(WrkOutput(parsing: "unable to connect to 127.0.0.1:1 Connection refused") == nil)
        #expect(WrkOutput(parsing: Self.text.replacing("635.91us", with: "many")) == nil)
    }
}
