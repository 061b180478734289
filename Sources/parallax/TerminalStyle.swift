import Foundation

/// What the place that text goes to can show.
struct TerminalStyle: Equatable, Sendable {
    /// Whether lines can be redrawn: a terminal, not a file or a pipe.
    var isInteractive: Bool
    var hasColour: Bool
    /// Characters in a line.
    var width: Int

    /// For files, pipes and tests.
    static let plain = TerminalStyle(isInteractive: false, hasColour: false, width: 100)

    /// What a file descriptor is connected to. Colour only on a terminal and without `NO_COLOR` (no-color.org).
    static func detect(
        descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> TerminalStyle {
        guard isatty(descriptor) == 1, environment["TERM"] != "dumb" else { return .plain }
        return TerminalStyle(
            isInteractive: true, hasColour: (environment["NO_COLOR"] ?? "").isEmpty, width: columns(of: descriptor))
    }

    /// A terminal's width; 80 if it does not say. Lines beyond 140 characters are hard to read.
    private static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return min(140, max(40, Int(size.ws_col)))
    }

    /// A bar of `width` characters at the most, in eighths of a character; empty only for nothing.
    static func bar(_ part: Int, of whole: Int, width: Int) -> String {
        guard whole > 0, part > 0 else { return "" }
        let eighths = max(1, Int((Double(part) / Double(whole) * Double(width * 8)).rounded()))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    func bold(_ text: String) -> String { hasColour ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
    func dim(_ text: String) -> String { hasColour ? "\u{1b}[2m\(text)\u{1b}[0m" : text }
    func red(_ text: String) -> String { hasColour ? "\u{1b}[31m\(text)\u{1b}[0m" : text }
    func green(_ text: String) -> String { hasColour ? "\u{1b}[32m\(text)\u{1b}[0m" : text }
    func yellow(_ text: String) -> String { hasColour ? "\u{1b}[33m\(text)\u{1b}[0m" : text }
}
