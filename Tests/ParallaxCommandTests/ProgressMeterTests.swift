import Testing

@testable import parallax

@Suite struct ProgressMeterTests {
    private let terminal = TerminalStyle(isInteractive: true, hasColour: true, width: 80)

    private func position(sent: Int, fraction: Double?, milliseconds: Int) -> ProgressMeter.Position {
        ProgressMeter.Position(sent: sent, fraction: fraction, elapsed: .milliseconds(milliseconds))
    }

    @Test(
        "a bar is as long as its share, and never empty for something",
        arguments: [(0, 8, ""), (8, 8, "████"), (4, 8, "██"), (5, 8, "██▌"), (1, 1000, "▏"), (1, 0, "")])
    func bars(part: Int, whole: Int, text: String) {
        #expect(TerminalStyle.bar(part, of: whole, width: 4) == text)
    }

    @Test("a terminal sees a bar that fills")
    func bar() {
        var meter = ProgressMeter(style: terminal)
        let output = meter.update(position(sent: 1500, fraction: 0.5, milliseconds: 30_000))
        #expect(output == .redraw("▕████████████████████                    ▏ 50 %  1,500 sent, 50/s, 30 s"))
    }

    @Test("a terminal is redrawn ten times a second at the most")
    func redrawnSeldom() {
        var meter = ProgressMeter(style: terminal)
        let outputs = stride(from: 0, to: 1000, by: 1).filter {
            meter.update(position(sent: $0, fraction: 0, milliseconds: $0)) != nil
        }
        #expect(outputs == [0, 100, 200, 300, 400, 500, 600, 700, 800, 900])
    }

    @Test("a file or a pipe sees a plain line every ten seconds")
    func plainLines() {
        var meter = ProgressMeter(style: .plain)
        #expect(meter.update(position(sent: 1, fraction: 0.1, milliseconds: 9_999)) == nil)
        #expect(
            meter.update(position(sent: 700, fraction: 0.17, milliseconds: 10_000))
                == .line(" 17 %  700 sent, 70/s, 10 s"))
        #expect(meter.update(position(sent: 701, fraction: 0.2, milliseconds: 19_999)) == nil)
        #expect(meter.update(position(sent: 1400, fraction: 0.4, milliseconds: 20_000)) != nil)
    }

    @Test("if the total is not known, no share is shown")
    func unknownTotal() {
        var meter = ProgressMeter(style: terminal)
        let output = meter.update(position(sent: 206_860, fraction: nil, milliseconds: 65_000))
        #expect(output == .redraw("206,860 sent, 3,182/s, 1 min 5 s"))
    }

    @Test("the end is told even when it comes early", arguments: [1.0, 1.7])
    func end(fraction: Double) {
        let meter = ProgressMeter(style: .plain)
        #expect(
            meter.finish(position(sent: 10, fraction: fraction, milliseconds: 1000))
                == .line("100 %  10 sent, 10/s, 1 s"))
    }

    @Test("a narrow terminal gets no bar, and no line ever wraps", arguments: [40, 50, 60, 80, 140])
    func narrow(width: Int) {
        var meter = ProgressMeter(style: TerminalStyle(isInteractive: true, hasColour: false, width: width))
        guard case .redraw(let line)? = meter.update(position(sent: 31_482, fraction: 0.3, milliseconds: 12_000)) else {
            Issue.record("no redraw")
            return
        }
        #expect(line.count < width)
    }
}
