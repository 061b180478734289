import ArgumentParser
import Testing

@testable import parallax_bench

@Suite struct BenchArgumentTests {
    @Test("every measurement says what it is for", arguments: ParallaxBench.configuration.subcommands.map { "\($0)" })
    func abstract(name: String) throws {
        let type = try #require(ParallaxBench.configuration.subcommands.first { "\($0)" == name })
        #expect(type.configuration.abstract.hasSuffix("."))
    }

    @Test(
        "a command line is read by the measurement that it names",
        arguments: [
            ["http", "--rounds", "3", "--parallax", "/bin/parallax"], ["redis", "throughput", "latency", "--gate"],
            ["memory", "--attack", "0"], ["store", "--days", "7"], ["causes", "--seconds", "30"],
            ["route", "--port", "0"], ["attack", "--identities", "1"],
        ])
    func parsed(arguments: [String]) throws {
        let command = try ParallaxBench.parseAsRoot(arguments)
        #expect(type(of: command).configuration.commandName == arguments[0])
    }

    @Test("a measurement of no rounds is refused")
    func refused() {
        #expect(throws: (any Error).self) { try ParallaxBench.parseAsRoot(["http", "--rounds", "0"]) }
    }
}
