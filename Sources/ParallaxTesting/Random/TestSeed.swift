import Glibc

/// The seed of this run's randomized tests: another one each time, unless `PARALLAX_TEST_SEED` repeats one.
package enum TestSeed {
    package static let current: UInt64 =
        getenv("PARALLAX_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64.max)

    /// How to run a failed test again, for the message of every expectation that rests on the seed.
    package static var remedy: String { "repeat it with PARALLAX_TEST_SEED=\(current)" }
}
