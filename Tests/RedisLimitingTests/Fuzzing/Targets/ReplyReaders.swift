import ParallaxCore

@testable import RedisLimiting

/// All who read replies, for replies that no one expects.
enum ReplyReaders {
    private static let server = NodeAddress(host: "asked", port: 7000)
    private static let sentinels = RedisURL.Sentinels(
        nodes: (1...3).map { NodeAddress(host: "sentinel-\($0)", port: 26379) }, masterName: "name")

    /// Gives one reply to all who could get it.
    static func check(_ reply: RedisReply) throws(Violation) {
        if case .error(let text) = reply { try checkError(text) }
        try checkSlots(reply)
        if case .identity(let identity)? = RedisKeyspace().scope(fromMessage: reply) {
            guard case .array(let parts) = reply, let key = parts.last?.text else {
                throw Violation(description: "\(reply) was taken for a message")
            }
            try KeysTarget.check(identity, ofKey: key)
        }
    }

    /// Every error can be printed, and none sends anyone to where nothing can listen.
    private static func checkError(_ text: String) throws(Violation) {
        let error = RedisError(serverReply: text)
        try Violation.unlessPrintable("\(error)")
        for step in [
            HandshakeStep.select(database: 1), .authenticate(user: "u", password: "p"), .subscribe(channel: "c"),
        ] {
            try Violation.unlessPrintable("\(step.failure(serverReply: text))")
        }
        var redirectPolicy = RedirectPolicy()
        var hops = 0
        while true {
            switch redirectPolicy.step(after: error) {
            case .move(let address), .ask(let address):
                try checkAddress(address.announced(by: server))
                hops += 1
            case .lookAgain: hops += 1
            case .failAndLook, .fail: return
            }
            try Violation.unless(hops <= RedirectPolicy.maximumHops, "\(text) sends a command on for ever")
        }
    }

    /// A map of slots gives each slot to one server at most.
    private static func checkSlots(_ reply: RedisReply) throws(Violation) {
        let map: SlotMap
        do throws(RedisError) {
            map = try SlotMap(reply, from: server)
        } catch {
            return try Violation.unlessPrintable("\(error)")
        }
        let ranges = map.shards.flatMap(\.slots).sorted { $0.lowerBound < $1.lowerBound }
        for (range, next) in zip(ranges, ranges.dropFirst()) {
            try Violation.unless(range.upperBound < next.lowerBound, "\(range) and \(next) overlap")
        }
        for shard in map.shards {
            try checkAddress(shard.primary)
            for replica in shard.replicas { try checkAddress(replica) }
        }
        guard !map.shards.isEmpty else { return }
        var topology = Topology()
        topology.learned(map.shards, at: Timestamp(milliseconds: 0))
        let served = ranges.reduce(0) { $0 + $1.count }
        try Violation.unless(
            topology.uncovered == ClusterSlot.count - served, "\(topology.uncovered) slots are uncovered")
        for shard in map.shards {
            let slot = ClusterSlot(number: shard.slots[0].lowerBound)!
            try Violation.unless(topology.primary(of: slot) == shard.primary, "slot \(slot.number) has another primary")
        }
    }

    /// Whatever sentinels and servers answer, a search ends, and finds only what said that it is a primary.
    static func checkSearch(_ replies: [RedisReply]) throws(Violation) {
        var search = SentinelSearch(sentinels)
        var action = search.started()
        var asked = 0
        for reply in replies {
            switch action {
            case .askSentinel(let sentinel):
                try Violation.unless(sentinels.nodes.contains(sentinel), "\(sentinel) is not a sentinel")
                action = search.sentinelAnswered(reply)
            case .askRole(let address):
                try checkAddress(address)
                action = search.roleAnswered(reply)
                guard case .found(let shard) = action else { break }
                try Violation.unless(shard.primary == address, "\(shard.primary) was found where \(address) was asked")
                for replica in shard.replicas { try checkAddress(replica) }
            case .found: return
            case .failed(let error): return try Violation.unlessPrintable("\(error)")
            }
            asked += 1
            try Violation.unless(asked <= 2 * sentinels.nodes.count, "the search for the primary does not end")
        }
    }

    private static func checkAddress(_ address: NodeAddress) throws(Violation) {
        try Violation.unless((1...65535).contains(address.port), "\(address) has no port")
        try Violation.unlessPrintable("\(address)")
    }
}
