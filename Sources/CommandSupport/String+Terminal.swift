import ParallaxCore

extension String {
    /// ``DisplayText/line(_:)``, as the texts of commands use it everywhere.
    package var escapedForTerminal: String { DisplayText.line(self) }

    /// The first characters, with `…` for what was left out; at most `width` in all.
    package func shortened(to width: Int) -> String {
        count <= width ? self : prefix(max(0, width - 1)) + "…"
    }

    /// Filled with spaces to a width.
    package func padded(to width: Int, alignedRight: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return alignedRight ? fill + self : self + fill
    }
}
