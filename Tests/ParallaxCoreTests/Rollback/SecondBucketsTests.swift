import ParallaxCore
import ParallaxTesting
import Testing

@Suite struct SecondBucketsTests {
    @Test("a window holds the current second and those before it, and not one more")
    func edges() {
        var buckets = SecondBuckets<AttemptTally>(longSeconds: 300, shortSeconds: 60)
        buckets.add(AttemptTally(errors: 1), second: 1_000)
        buckets.advance(to: 1_059)
        #expect(buckets.short.errors == 1)
        buckets.advance(to: 1_060)
        #expect(buckets.short.errors == 0)
        buckets.advance(to: 1_299)
        #expect(buckets.long.errors == 1)
        buckets.advance(to: 1_300)
        #expect(buckets.long.errors == 0)
    }

    @Test("the running sums are those of a list of all events, whatever gaps and delays there are", arguments: 0..<5)
    func againstList(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let long = Int.random(in: 1...20, using: &generator)
        let short = Int.random(in: 1...long, using: &generator)
        var buckets = SecondBuckets<AttemptTally>(longSeconds: long, shortSeconds: short)
        var events: [(second: Int64, count: Int)] = []
        var now: Int64 = -30
        for _ in 0..<500 {
            now += Int64.random(in: 0...(Bool.random(using: &generator) ? 1 : 25), using: &generator)
            let second = now - Int64.random(in: 0...25, using: &generator)
            let count = Int.random(in: 1...9, using: &generator)
            buckets.advance(to: now)
            buckets.add(AttemptTally(decided: count), second: second)
            events.append((second, count))
            func sum(_ seconds: Int) -> Int {
                events.filter { now - $0.second < Int64(seconds) }.reduce(0) { $0 + $1.count }
            }
            #expect(buckets.long.decided == sum(long))
            #expect(buckets.short.decided == sum(short))
        }
    }

    @Test("clearing forgets everything")
    func clearing() {
        var buckets = SecondBuckets<AttemptTally>(longSeconds: 10, shortSeconds: 10)
        buckets.add(AttemptTally(decided: 3), second: 5)
        buckets.clear()
        #expect(buckets.long == AttemptTally())
        buckets.add(AttemptTally(decided: 1), second: 2)
        #expect(buckets.short == AttemptTally(decided: 1))
    }
}
