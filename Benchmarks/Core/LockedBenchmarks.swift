import Benchmark
import NIOCore
import NIOPosix
import ParallaxCore
@testable import RedisLimiting

/// The short locks that every check takes.
func registerLockedBenchmarks() {
    Benchmark.operation("policy, found in the book", prepare: { FoundPolicy(overrides: 0) }) { found, _ in
        blackHole(found.policy)
    }
    Benchmark.operation("policy, found among 100 overrides", prepare: { FoundPolicy(overrides: 100) }) { found, _ in
        blackHole(found.policy)
    }
    Benchmark.asynchronousOperation("turn of an identity, taken and given back", prepare: { TakenTurn() }) { taken in
        await taken.takeAndGiveBack()
    }
}

/// The book of policies as a check reads it.
struct FoundPolicy {
    private static let organization = "organization-50"

    private let book: Replaceable<PolicyBook>

    init(overrides: Int) {
        let names = (0..<overrides).map { ("organization-\($0)", Policy.defaultValue) }
        book = Replaceable(PolicyBook(defaultValue: .defaultValue, overrides: Dictionary(uniqueKeysWithValues: names)))
    }

    var policy: Policy { book.read { $0.policy(for: Self.organization) } }
}

/// Turns of an identity that has none on its way.
struct TakenTurn: Sendable {
    private let turns = IdentityTurns(maximum: 64, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
    private let identity = try! Identity(identifier: "client-12345")

    func takeAndGiveBack() async {
        try! await turns.begin(identity, deadline: .distantFuture)
        turns.end(identity)
    }
}
