import ParallaxCore
import Foundation
import ParallaxTesting
import Testing

@testable import ParallaxCore

@Suite struct LatencyHistogramTests {
    /// A time drawn evenly on a logarithmic scale from 1 µs to 60 s.
    private func randomTime(_ generator: inout SplitMix64) -> Duration {
        .nanoseconds(Int64(exp(Double.random(in: log(1e3)...log(6e10), using: &generator))))
    }

    @Test("every time from 1 µs to 60 s is within 5 % of what its bucket stands for")
    func relativeError() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<5_000 {
            let time = randomTime(&generator)
            var histogram = LatencyHistogram()
            histogram.record(time)
            let shown = try #require(histogram.quantile(0.5))
            #expect(abs(shown / time - 1) <= 0.05)
        }
    }

    @Test("no time from half a microsecond to 68 s is 5 % off: at the ends of the buckets, where it is worst")
    func errorOfEveryBucket() {
        var worst = 0.0
        var lowest: Int64 = 512
        for bucket in 0..<LatencyHistogram.bucketCount {
            #expect(LatencyHistogram.bucket(ofNanoseconds: lowest) == bucket)
            let middle = LatencyHistogram.nanoseconds(ofBucket: bucket)
            // As far above the middle as the lowest time is below it.
            let highest = 2 * middle - lowest - 1
            #expect(LatencyHistogram.bucket(ofNanoseconds: highest) == bucket)
            for time in [lowest, highest] { worst = max(worst, abs(Double(middle) / Double(time) - 1)) }
            lowest = highest + 1
        }
        #expect(lowest == 1 << 36)
        #expect(worst <= 1.0 / 32)
    }

    @Test("a quantile is within 5 % of the sample of its rank", arguments: [0.01, 0.5, 0.95, 0.999, 1])
    func quantileError(share: Double) throws {
        var generator = SplitMix64(seed: 2)
        let times = (0..<3_000).map { _ in randomTime(&generator) }
        var histogram = LatencyHistogram()
        for time in times { histogram.record(time) }
        let exact = times.sorted()[Int((share * 3_000).rounded(.up)) - 1]
        #expect(abs(try #require(histogram.quantile(share)) / exact - 1) <= 0.05)
    }

    @Test("two histograms added are the histogram of all samples, and subtracting one gives the other back")
    func merging() {
        var generator = SplitMix64(seed: 3)
        var (left, right, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for index in 0..<1_000 {
            let time = randomTime(&generator)
            if index % 3 == 0 { left.record(time) } else { right.record(time) }
            all.record(time)
        }
        var merged = left
        merged.add(right)
        #expect(merged == all)
        merged.subtract(right)
        #expect(merged == left)
        merged.subtract(left)
        #expect(merged == LatencyHistogram())
    }

    @Test("histograms of seconds, added in any order, are the minute's; the average of their quantiles is not")
    func quantilesOfUnions() throws {
        var generator = SplitMix64(seed: 7)
        var (seconds, all) = ([LatencyHistogram](), LatencyHistogram())
        for second in 0..<60 {
            var histogram = LatencyHistogram()
            // One second in six is slow.
            for _ in 0..<50 {
                let time = Duration.microseconds(
                    Int64.random(in: 900...1_100, using: &generator) * (second % 6 == 0 ? 100 : 1))
                histogram.record(time)
                all.record(time)
            }
            seconds.append(histogram)
        }
        var merged = LatencyHistogram()
        for histogram in seconds.shuffled(using: &generator) { merged.add(histogram) }
        #expect(merged == all)
        let p95 = try #require(merged.quantile(0.95))
        let average = try seconds.map { try #require($0.quantile(0.95)) }.reduce(.zero, +) / 60
        #expect(abs(p95 / .milliseconds(100) - 1) < 0.15)
        #expect(average < p95 / 4)
    }

    @Test("the samples above a time are those whose bucket stands for more")
    func samplesAbove() {
        var histogram = LatencyHistogram()
        for milliseconds in [1, 5, 5, 20, 400] { histogram.record(.milliseconds(milliseconds)) }
        #expect(histogram.samples(above: .milliseconds(10)).count == 2)
        #expect(histogram.samples(above: .zero) == histogram)
        #expect(histogram.samples(above: .seconds(1)).count == 0)
    }

    @Test("counters that many threads add to hold every sample once")
    func counters() async throws {
        let counters = LatencyCounters()
        let taken = await withTaskGroup(of: LatencyHistogram.self) { group in
            for task in 1...8 {
                group.addTask {
                    for _ in 0..<1_000 { counters.record(.milliseconds(task)) }
                    return counters.take()
                }
            }
            return await group.reduce(into: LatencyHistogram()) { $0.add($1) }
        }
        var all = taken
        all.add(counters.take())
        var expected = LatencyHistogram()
        for milliseconds in 1...8 { for _ in 0..<1_000 { expected.record(.milliseconds(milliseconds)) } }
        #expect(all == expected)
        #expect(counters.take() == LatencyHistogram())
    }

    @Test("times out of range count in the outermost buckets, and none is lost")
    func outOfRange() throws {
        var histogram = LatencyHistogram()
        for time in [Duration.seconds(-5), .zero, .seconds(3_600), .seconds(Int64.max)] { histogram.record(time) }
        #expect(histogram.count == 4)
        #expect(try #require(histogram.quantile(0.5)) < .microseconds(1))
        #expect(try #require(histogram.quantile(1)) > .seconds(60))
    }

    @Test("the buckets follow each other without a gap")
    func buckets() {
        for bucket in 0..<LatencyHistogram.bucketCount {
            let middle = LatencyHistogram.nanoseconds(ofBucket: bucket)
            #expect(LatencyHistogram.bucket(ofNanoseconds: middle) == bucket)
            #expect(LatencyHistogram.bucket(ofNanoseconds: middle * 2) == min(bucket + 16, 431))
        }
        #expect(LatencyHistogram.bucketCount == 432)
    }

    @Test("the bounds enclose the true quantile of the traffic in all but a few of a thousand samples")
    func bounds() throws {
        var generator = SplitMix64(seed: 4)
        var misses = 0
        for _ in 0..<400 {
            var histogram = LatencyHistogram()
            for _ in 0..<400 {
                histogram.record(.microseconds(Int64.random(in: 100_000..<200_000, using: &generator)))
            }
            let (lower, upper) = try #require(histogram.quantileBounds(0.95, deviations: 3.0902))
            #expect(lower <= upper)
            // The true 95 % quantile is 195 ms; a bucket is 6 % wide.
            if lower > .milliseconds(199) || upper < .milliseconds(191) { misses += 1 }
        }
        #expect(misses <= 4)
    }

    @Test("without samples there is no quantile and no bound")
    func empty() {
        #expect(LatencyHistogram().quantile(0.95) == nil)
        #expect(LatencyHistogram().quantileBounds(0.95, deviations: 3) == nil)
    }

    @Test("a histogram comes back from JSON as it was")
    func coding() throws {
        var histogram = LatencyHistogram()
        for milliseconds in [1, 1, 5, 250, 70_000] { histogram.record(.milliseconds(milliseconds)) }
        let data = try JSONEncoder().encode(histogram)
        #expect(try JSONDecoder().decode(LatencyHistogram.self, from: data) == histogram)
        let empty = try JSONEncoder().encode(LatencyHistogram())
        #expect(try JSONDecoder().decode(LatencyHistogram.self, from: empty) == LatencyHistogram())
    }

    @Test(
        "stored text that makes no histogram is refused",
        arguments: [
            #"{"buckets":[432],"samples":[1]}"#, #"{"buckets":[-1],"samples":[1]}"#,
            #"{"buckets":[1,2],"samples":[1]}"#, #"{"buckets":[1,1],"samples":[1,1]}"#,
            #"{"buckets":[1],"samples":[-1]}"#,
        ])
    func refusedText(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LatencyHistogram.self, from: Data(text.utf8))
        }
    }
}
