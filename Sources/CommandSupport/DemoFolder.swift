package import Foundation

/// A folder of a demonstration's or a measurement's own, for its databases, flags and logs.
package struct DemoFolder: Sendable {
    package let path: String

    /// - Parameter purpose: A word of the folder's name.
    package init(for purpose: String = "demo", under parent: String = NSTemporaryDirectory()) throws {
        var template = Array("\(parent.hasSuffix("/") ? parent : parent + "/")parallax-\(purpose)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(
                .failure, "cannot make a folder in \(parent): \(String(cString: strerror(errno)))",
                remedy: "Set TMPDIR to a folder that can be written to.")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The flag file that all instances of a folder share.
    package static func flagFile(in folder: String) -> String { "\(folder)/feature-flags.json" }

    /// A line for a shell that prints the report of the instances of these names.
    ///
    /// - Parameter program: How this program was started.
    package func reportCommand(of names: [String], program: String) -> String {
        let databases = names.flatMap { ["--database", "\(path)/\($0).sqlite"] }
        return ([program, "report", "--file", Self.flagFile(in: path)] + databases).map(Self.quoted).joined(
            separator: " ")
    }

    /// A word as a shell reads it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || "/._-+".utf8.contains(byte)
        }
        return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
