package import Foundation

/// One instance of the demonstration: its name, its address and its files.
package struct DemoInstance: Equatable, Sendable {
    package let name: String
    package let port: Int
    /// The demonstration's folder.
    package let folder: String
    package let redisURL: String

    package init(name: String, port: Int, folder: String, redisURL: String) {
        self.name = name
        self.port = port
        self.folder = folder
        self.redisURL = redisURL
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    package var databasePath: String { "\(folder)/\(name).sqlite" }
    package var logPath: String { "\(folder)/\(name).log" }

    /// How the instance is started.
    ///
    /// - Parameter inherited: The environment of this process. Of it only what changes no address and no file goes on:
    ///   the limits, and what programs need to run.
    package func makeLaunch(executable: String, inherited: [String: String]) -> InstanceProcess.Launch {
        var environment = inherited.filter { name, _ in
            ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LOG_LEVEL", "LD_LIBRARY_PATH"].contains(name)
                || name.hasPrefix("RATE_LIMIT_")
        }
        environment.merge(settings) { $1 }
        return InstanceProcess.Launch(
            executable: executable, arguments: ["serve", "--exit-when-stdin-closes"], environment: environment,
            folder: folder, logPath: logPath)
    }

    private var settings: [String: String] {
        [
            "DATABASE_PATH": databasePath,
            "DISTRIBUTED_RATE_LIMITING_ENABLED": "true",
            "ENVIRONMENT": "development",
            "FEATURE_FLAG_FILE": TemporaryFolder.flagFile(in: folder),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": "\(port)",
            "HYBRID_RATE_LIMITING": "true",
            "INSTANCE_ID": name,
            "REDIS_URL": redisURL,
        ]
    }
}

/// A folder of a demonstration's or a measurement's own, for its databases, flags and logs.
package struct TemporaryFolder: Sendable {
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
