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
