import Testing

@testable import ParallaxCore

@Suite struct FigureTextTests {
    @Test(
        "figures read as people write them",
        arguments: [
            (7.94, "7.9"), (5, "5"), (0.04, "0"), (31_482, "31,482"), (-1_234_567.25, "-1,234,567.3"),
            (999.96, "1,000"),
        ])
    func decimals(value: Double, text: String) {
        #expect(FigureText.decimal(value) == text)
    }

    @Test("short times are in microseconds")
    func times() {
        #expect(FigureText.time(.microseconds(250)) == "250 µs")
        #expect(FigureText.time(.microseconds(12_400)) == "12.4 ms")
    }
}
