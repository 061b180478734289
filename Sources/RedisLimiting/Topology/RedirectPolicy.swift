/// What to do about the failures of one command, and for how long to follow where servers send it. A value.
///
/// Only what was certainly not carried out is tried again: after a lost connection or a time-out no one knows, and
/// units might be counted twice.
struct RedirectPolicy: Equatable, Sendable {
    /// The most times one command is sent on; two are enough in a cluster at rest, and each costs a round trip.
    static let maximumHops = 5

    enum Step: Equatable {
        /// The slot has a new master: note it, look at the whole soon, and ask that master.
        case move(to: NodeAddress)
        /// Ask this node, once, after ASKING.
        case ask(NodeAddress)
        /// Refresh the topology, wait for that, and ask the node that is the primary then.
        case lookAgain
        /// Fail the command, and refresh the topology since it may have changed.
        case failAndLook
        /// Tell the caller.
        case fail
    }

    private var hops = 0
    private var hasLookedAgain = false

    /// Decides on a failure.
    mutating func step(after error: RedisError) -> Step {
        switch error.redirection {
        case .moved(let node)?: return hop() ? .move(to: node) : .failAndLook
        case .ask(let node)?: return hop() ? .ask(node) : .failAndLook
        case .toPrimary? where !hasLookedAgain:
            hasLookedAgain = true
            return .lookAgain
        case .toPrimary?: return .failAndLook
        case nil: return RedirectPolicy.tellsOfChange(error) ? .failAndLook : .fail
        }
    }

    private mutating func hop() -> Bool {
        hops += 1
        return hops <= RedirectPolicy.maximumHops
    }

    /// Whether a failure may come from a topology that is no longer so.
    private static func tellsOfChange(_ error: RedisError) -> Bool {
        switch error.code {
        case .timedOut, .disconnected, .loading, .readOnly, .clusterDown: true
        case .circuitOpen, .skipped, .cancelled, .unauthorized, .noScript, .server, .protocolViolation, .configuration:
            false
        }
    }
}

/// Where a server says that a command belongs instead. The command was not carried out.
package enum Redirection: Equatable, Sendable {
    /// The slot belongs to this node, from now on.
    case moved(to: NodeAddress)
    /// The slot is on its way to this node: it is to be asked this once, after ASKING.
    case ask(NodeAddress)
    /// The server is a replica and takes no writes: its primary is to be found.
    case toPrimary

    /// Reads the error of a server; `nil` if it sends no one anywhere.
    init?(errorWord word: Substring, text: String) {
        switch word {
        case "READONLY":
            self = .toPrimary
        case "MOVED", "ASK":
            let words = text.split(separator: " ", maxSplits: 3)
            guard words.count == 3, let slot = Int(words[1]), ClusterSlot(number: slot) != nil,
                let node = NodeAddress(redirection: words[2])
            else { return nil }
            self = word == "MOVED" ? .moved(to: node) : .ask(node)
        default:
            return nil
        }
    }
}
