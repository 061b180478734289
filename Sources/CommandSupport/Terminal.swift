import Foundation

/// Where the command writes: results to standard output, everything about the run to standard error.
package enum Terminal {
    /// Writes a result.
    package static func print(_ text: String) {
        write(text + "\n", to: FileHandle.standardOutput)
    }

    /// Writes a line about the run.
    package static func note(_ text: String, terminator: String = "\n") {
        write(text + terminator, to: FileHandle.standardError)
    }

    /// A reader that has gone away (`| head`) is not a reason to fail.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
