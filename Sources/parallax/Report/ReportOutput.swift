import Foundation

/// Where a report goes: standard output, or a file that is written whole or not at all.
struct ReportOutput {
    /// `nil` for standard output.
    let path: String?

    /// A file can show no colour.
    var style: TerminalStyle { path == nil ? .detect(descriptor: STDOUT_FILENO) : .plain }

    func write(_ text: String) throws {
        guard let path else { return Terminal.print(text) }
        do {
            // Under another name in the same folder first, then in the place of what was there.
            try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .notPermitted, "\(path) cannot be written", remedy: "Name a file in a folder that this user may write.")
        }
    }
}
