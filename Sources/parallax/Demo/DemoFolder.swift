import Foundation

/// A folder of a demonstration's or a measurement's own, for its databases, flags and logs.
struct DemoFolder: Sendable {
    let path: String

    /// - Parameter purpose: A word of the folder's name.
    init(for purpose: String = "demo", under parent: String = NSTemporaryDirectory()) throws {
        var template = Array("\(parent.hasSuffix("/") ? parent : parent + "/")parallax-\(purpose)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(
                .failure, "cannot make a folder in \(parent): \(String(cString: strerror(errno)))",
                remedy: "Set TMPDIR to a folder that can be written to.")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
