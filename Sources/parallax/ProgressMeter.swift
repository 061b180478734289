import CommandSupport
import ParallaxCore

/// Decides when a long run says how far it is, and how: a bar that is redrawn on a terminal, a line now and then elsewhere.
///
/// A value without clock or output: the caller tells the time and writes what it is given.
struct ProgressMeter: Equatable, Sendable {
    /// What is to be written.
    enum Output: Equatable, Sendable {
        /// Take the place of the last line.
        case redraw(String)
        /// Stand below the lines before.
        case line(String)
    }

    /// How far the run is.
    struct Position: Equatable, Sendable {
        /// Requests sent, or otherwise done with, so far.
        var sent: Int
        /// From 0 to 1; `nil` if no one knows how much there is.
        var fraction: Double?
        /// Since the run began.
        var elapsed: Duration
    }

    private let style: TerminalStyle
    private let verb: String
    private let interval: Duration
    private var nextOutput: Duration = .zero

    /// - Parameter verb: What is done with requests.
    init(style: TerminalStyle, verb: String = "sent") {
        self.style = style
        self.verb = verb
        interval = style.isInteractive ? .milliseconds(100) : .seconds(10)
        nextOutput = style.isInteractive ? .zero : interval
    }

    /// What to write at this position, if it is time.
    mutating func update(_ position: Position) -> Output? {
        guard position.elapsed >= nextOutput else { return nil }
        nextOutput = position.elapsed + interval
        return output(position)
    }

    /// What to write once the run has ended.
    func finish(_ position: Position) -> Output {
        output(position)
    }

    private func output(_ position: Position) -> Output {
        let seconds = Int(position.elapsed.components.seconds)
        let perSecond = Double(position.sent) / max(0.001, position.elapsed / .seconds(1))
        let text =
            "\(NumberFormat.count(position.sent)) \(verb), \(NumberFormat.count(Int(perSecond)))/s, \(NumberFormat.span(seconds: seconds))"
        guard let fraction = position.fraction.map({ min(1, max(0, $0)) }) else {
            return style.isInteractive ? .redraw(text) : .line(text)
        }
        let percent = "\(Int(fraction * 100)) %".padded(to: 5, alignedRight: true)
        guard style.isInteractive else { return .line("\(percent)  \(text)") }
        let width = min(40, style.width - text.count - 12)
        guard width >= 8 else { return .redraw("\(percent)  \(text)") }
        let filled = TerminalStyle.bar(Int(fraction * 1000), of: 1000, width: width).padded(to: width)
        return .redraw("▕\(filled)▏\(percent)  \(text)")
    }
}

extension Terminal {
    /// Writes progress, instead of the progress before if the terminal can.
    static func show(_ output: ProgressMeter.Output) {
        switch output {
        case .redraw(let text): note("\r\(text)\u{1b}[K", terminator: "")
        case .line(let text): note(text)
        }
    }
}
