import ArgumentParser
import ParallaxCore

/// The windows of a policy as people write them on a command line: `second=20,minute=120,day=5000/1d`.
///
/// A window without a duration is one of the settings', with another limit. What is not named is not a window of the
/// policy.
struct PolicyArgument: Equatable, Sendable, ExpressibleByArgument {
    private struct Item: Equatable {
        let name: String
        let limit: Int
        let duration: DurationArgument?
    }

    private let items: [Item]

    init?(argument: String) {
        var items: [Item] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else { return nil }
            let amount = pair[1].split(separator: "/", omittingEmptySubsequences: false)
            guard let limit = amount.first.flatMap({ Int($0) }), amount.count <= 2 else { return nil }
            let duration = amount.count == 2 ? DurationArgument(argument: String(amount[1])) : nil
            guard amount.count == 1 || duration != nil else { return nil }
            items.append(Item(name: String(pair[0]), limit: limit, duration: duration))
        }
        self.items = items
    }

    /// The policy, with the durations of the standard one's windows where none are named.
    ///
    /// - Throws: ``CommandFailure`` naming the window at fault.
    func makePolicy(_ standard: Policy) throws -> Policy {
        let windows = try items.map { item in
            let known = standard.windows.first { $0.name == item.name }?.durationMilliseconds
            guard let duration = item.duration?.milliseconds ?? known else {
                throw CommandFailure(
                    .usage, "--policy: there is no window \(item.name) among the settings' (\(Self.names(standard)))",
                    remedy: "Say how long it lasts: \(item.name)=\(item.limit)/1h")
            }
            return Window(name: item.name, limit: item.limit, durationMilliseconds: duration)
        }
        do {
            return try Policy(windows: windows)
        } catch {
            throw CommandFailure(.usage, "--policy: \(error)")
        }
    }

    private static func names(_ policy: Policy) -> String {
        policy.windows.map(\.name).joined(separator: ", ")
    }
}
