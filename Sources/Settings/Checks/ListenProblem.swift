import Foundation
import NIOCore
import NIOPosix

/// Why the address of the settings cannot be listened on, and what to do.
package struct ListenProblem: Equatable, Sendable {
    /// The settings at fault.
    package let settings: String
    package let problem: String
    package let remedy: String
    /// Whether another program has the address, which may be this very service.
    package let isInUse: Bool

    private init(_ settings: String, _ problem: String, _ remedy: String, isInUse: Bool = false) {
        self.settings = settings
        self.problem = problem
        self.remedy = remedy
        self.isInUse = isInUse
    }

    /// - Returns: `nil` for errors that are not about an address.
    package init?(_ error: any Error) {
        let addresses = "127.0.0.1 listens for this machine only, 0.0.0.0 for every network"
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            self.init(
                "HTTP_HOST and HTTP_PORT", "another program listens there already",
                "end it, or choose another port; 0 takes any free one", isInUse: true)
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            self.init("HTTP_HOST", "this machine has no such address", addresses)
        case let error as IOError where error.errnoCode == EACCES:
            self.init("HTTP_PORT", "this user may not listen on that port", "choose one from 1024 up")
        case is SocketAddressError.UnknownHost, is SocketAddressError:
            self.init("HTTP_HOST", "is neither an address nor a name that leads to one", addresses)
        default: return nil
        }
    }

    /// Opens the address of the settings and closes it again.
    ///
    /// - Returns: `nil` if it can be listened on.
    package static func find(_ settings: Settings.HTTP) async -> ListenProblem? {
        do {
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                .bind(host: settings.host, port: settings.port).get()
            try await listener.close().get()
            return nil
        } catch {
            return ListenProblem(error)
        }
    }
}

extension LoadedSettings {
    /// These settings with what trying to listen brought.
    package func checkingAddress() async -> LoadedSettings {
        let names = [Setting.httpHost, .httpPort].map(\.name)
        guard !errors.contains(where: { names.contains($0.setting) }) else { return self }
        guard let problem = await ListenProblem.find(settings.http) else { return self }
        let name = names.first { problem.settings.hasSuffix($0) } ?? Setting.httpHost.name
        return adding([
            Finding(
                // A running instance has its address, and its settings may be checked all the same.
                problem.isInUse ? .warning : .error, .unusableAddress, setting: name,
                origin: origins[name] ?? "default", problem: problem.problem, remedy: problem.remedy)
        ])
    }

    /// These settings with what `EMBEDDED_REDIS` needs and this machine does not have.
    package func checkingEmbeddedRedis(path: String) -> LoadedSettings {
        guard settings.redis.isEmbedded, !errors.contains(where: { $0.setting == Setting.embeddedRedis.name })
        else { return self }
        let isInstalled = path.split(separator: ":").contains { access("\($0)/redis-server", X_OK) == 0 }
        guard !isInstalled else { return self }
        return adding([
            Finding(
                .error, .unusableFile, setting: Setting.embeddedRedis.name,
                origin: origins[Setting.embeddedRedis.name] ?? "default",
                problem: "needs redis-server, which is not installed",
                remedy: "install it with: apt-get install redis-server; or set EMBEDDED_REDIS to false")
        ])
    }
}
