import CommandSupport
import RedisLimiting
import Foundation
import Testing

@testable import parallax

@Suite struct DemoInstanceTests {
    private let instance = DemoInstance(
        name: "a", port: 4711, folder: "/tmp/demo", redisURL: "unix:///tmp/demo/redis.sock")

    @Test("an instance gets its own port, database and name, and shares Redis and flags")
    func settings() {
        let launch = instance.makeLaunch(executable: "/bin/parallax", inherited: [:])
        #expect(launch.arguments == ["serve", "--exit-when-stdin-closes"])
        #expect(launch.environment["HTTP_PORT"] == "4711")
        #expect(launch.environment["DATABASE_PATH"] == "/tmp/demo/a.sqlite")
        #expect(launch.environment["INSTANCE_ID"] == "a")
        #expect(launch.environment["REDIS_URL"] == "unix:///tmp/demo/redis.sock")
        #expect(launch.environment["FEATURE_FLAG_FILE"] == "/tmp/demo/feature-flags.json")
    }

    @Test("of the environment only the limits and what programs need goes on: never another Redis, port or secret")
    func environment() {
        let launch = instance.makeLaunch(
            executable: "/bin/parallax",
            inherited: [
                "PATH": "/bin", "RATE_LIMIT_PER_MINUTE": "7", "HTTP_PORT": "80", "REDIS_URL": "redis://production",
                "ENVIRONMENT": "production", "ADMIN_TOKEN_FILE": "/secret", "HYBRID_RATE_LIMITING": "false",
            ])
        #expect(launch.environment["PATH"] == "/bin")
        #expect(launch.environment["RATE_LIMIT_PER_MINUTE"] == "7")
        #expect(launch.environment["HTTP_PORT"] == "4711")
        #expect(launch.environment["REDIS_URL"] == "unix:///tmp/demo/redis.sock")
        #expect(launch.environment["ENVIRONMENT"] == "development")
        #expect(launch.environment["ADMIN_TOKEN_FILE"] == nil)
        #expect(launch.environment["HYBRID_RATE_LIMITING"] == "true")
    }

    @Test("the command that prints a kept report names all of its files, and a shell reads it as it is meant")
    func reportCommand() throws {
        let folder = try TemporaryFolder(for: "a b's")
        defer { folder.remove() }
        let text = folder.reportCommand(of: ["a", "b"], program: "./parallax")
        #expect(text.hasPrefix("./parallax report --file '"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "printf '%s\n' \(text)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let words = try String(decoding: output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(
            words.split(separator: "\n").map(String.init) == [
                "./parallax", "report", "--file", folder.path + "/feature-flags.json", "--database",
                folder.path + "/a.sqlite", "--database", folder.path + "/b.sqlite",
            ])
    }

    @Test("ports are different and free")
    func ports() throws {
        let ports = try LoopbackPorts.find(5)
        #expect(Set(ports).count == 5)
        #expect(ports.allSatisfy { (1024...65_535).contains($0) })
    }
}
