import Foundation

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
            "FEATURE_FLAG_FILE": DemoFolder.flagFile(in: folder),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": "\(port)",
            "HYBRID_RATE_LIMITING": "true",
            "INSTANCE_ID": name,
            "REDIS_URL": redisURL,
        ]
    }
}
