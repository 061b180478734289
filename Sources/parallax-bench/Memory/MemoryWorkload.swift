import ParallaxCore
import Replay

/// The requests of a measurement in memory: identities in an order that the processor's caches cannot guess, unless it is
/// the order in which they came to the limiter: so they lie in memory, one next to the other.
struct MemoryWorkload: Sendable {
    /// When the first units are logged.
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    /// Units that each identity has logged before accepted decisions are measured.
    static let unitsBeforeAccepting = 10
    /// Units that each identity has logged before refusals are measured: the minute's limit.
    static let unitsBeforeRefusing = 60

    /// One request for each identity.
    let requests: [CheckRequest]

    /// - Parameter seed: Two workloads of different seeds hold the same identities in different orders.
    init(identities: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let numbers = Array(0..<identities).shuffled(using: &random)
        requests = numbers.map { number in
            // Names of this length are held without the heap, as those of most keys and addresses are.
            try! CheckRequest(identity: Identity(identifier: "client-\(number)"), policy: .standard)
        }
    }

    /// Logs units for every identity in steps that each window allows.
    ///
    /// - Returns: When the last step was.
    func log(_ units: Int, in limiter: InMemoryLimiter) -> Timestamp {
        let step = Policy.standard.smallestLimit
        var time = MemoryWorkload.start
        for logged in stride(from: 0, to: units, by: step) {
            // Two steps of ten fill the burst window of ten seconds.
            time = MemoryWorkload.start + Int64(logged / step * 5_000)
            for request in requests {
                let filling = try! CheckRequest(identity: request.identity, policy: request.policy, cost: step)
                _ = limiter.judge(filling, at: time)
            }
        }
        return time
    }

    /// Asks for one identity after the other, in a circle.
    ///
    /// - Parameter circleMilliseconds: How much time passes, for the limiter, in one circle.
    /// - Returns: How many were refused.
    func ask(_ count: Int, of limiter: InMemoryLimiter, from start: Timestamp, circleMilliseconds: Int) -> Int {
        var refused = 0
        var asked = 0
        var circleStart = start
        while asked < count {
            // Lent by the buffer: a copy of each request would be a part of what is timed.
            requests.withUnsafeBufferPointer { requests in
                for place in 0..<min(requests.count, count - asked) {
                    let now = circleStart + Int64(place * circleMilliseconds / requests.count)
                    if !limiter.judge(requests[place], at: now).isAllowed { refused += 1 }
                }
            }
            asked += requests.count
            circleStart = circleStart + Int64(circleMilliseconds)
        }
        return refused
    }
}
