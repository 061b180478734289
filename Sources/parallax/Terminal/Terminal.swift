import Foundation

/// Where the command writes: results to standard output, everything about the run to standard error.
enum Terminal {
    /// Writes a result.
    static func print(_ text: String) {
        write(text + "\n", to: FileHandle.standardOutput)
    }

    /// Writes a line about the run.
    static func note(_ text: String) {
        write(text + "\n", to: FileHandle.standardError)
    }

    /// Writes progress, instead of the progress before where the terminal can.
    static func show(_ output: ProgressMeter.Output) {
        switch output {
        case .redraw(let text): write("\r\(text)\u{1b}[K", to: FileHandle.standardError)
        case .line(let text): write(text + "\n", to: FileHandle.standardError)
        }
    }

    /// A reader that has gone away (`| head`) is not a reason to fail.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
