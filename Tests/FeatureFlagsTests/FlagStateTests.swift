@testable import FeatureFlags
import ParallaxCore
import Testing

@Suite struct FlagStateTests {
    static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    /// A reading of a file that says these values.
    static func reading(
        _ values: FlagValues, hash: String, at milliseconds: Int64, by: String? = nil, declaredAt: Int64 = 0
    ) -> FlagReading {
        let declaration = by.map { FlagDeclaration(by: $0, reason: "because", changedAt: "t") }
        return FlagReading(
            definition: .canonical(values, declaration: declaration), contentHash: hash, time: time(milliseconds),
            declaredAt: by == nil ? nil : time(declaredAt))
    }

    static let legacy = FlagUpdate.rollback.applied(to: .defaultValue)
    static let distributed = FlagUpdate(hybrid: false).applied(to: .defaultValue)

    @Test("the environment holds until a file has been read")
    func start() throws {
        let environment = try EnvironmentFlags(hybrid: false, failOpen: true)
        #expect(FlagState(environment: environment, isProduction: false).effective == environment.values)
        #expect(!FlagState(environment: environment, isProduction: true).effective.failOpen)
    }

    @Test("a reading with new content takes hold and is a change, the same content is none")
    func accept() {
        var state = FlagState(environment: .none, isProduction: false)
        let first = state.accept(Self.reading(.defaultValue, hash: "a", at: 1))
        #expect(first?.from == nil)
        #expect(first?.by == FlagChange.unknownWriter)
        #expect(first?.reason == "was there before the history began")
        #expect(state.accept(Self.reading(.defaultValue, hash: "a", at: 2)) == nil)
        let second = state.accept(Self.reading(Self.legacy, hash: "b", at: 3, by: "ann", declaredAt: 2))
        #expect(
            second
                == FlagChange(
                    time: Self.time(2), by: "ann", reason: "because", from: .defaultValue, to: Self.legacy,
                    contentHash: "b"
                ))
        #expect(state.effective.strategy == .legacy)
    }

    @Test("a reading that is invalid is counted, and changes no flag")
    func reject() {
        var state = FlagState(environment: .none, isProduction: false)
        _ = state.accept(Self.reading(Self.legacy, hash: "a", at: 1))
        let problem = FlagProblem(kind: .invalid, message: "torn")
        let others = FlagProblem(kind: .missing, message: "gone")
        let areNews = [problem, problem, others].map { state.reject($0) }
        #expect(areNews == [true, false, true])
        #expect(state.invalidReads == 3)
        #expect(state.effective == Self.legacy)
        #expect(state.problem == others)
        state.confirm(at: Self.time(9))
        #expect(state.problem == nil)
        #expect(state.lastGood?.time == Self.time(9))
    }

    @Test("a declaration that another program left standing is not taken for its own")
    func staleDeclaration() {
        var state = FlagState(environment: .none, isProduction: false)
        _ = state.accept(Self.reading(.defaultValue, hash: "a", at: 10, by: "ann", declaredAt: 5))
        let edited = state.accept(Self.reading(Self.legacy, hash: "b", at: 20, by: "ann", declaredAt: 5))
        #expect(edited?.by == FlagChange.unknownWriter)
        #expect(edited?.time == Self.time(20))
        let older = state.accept(Self.reading(.defaultValue, hash: "c", at: 30, by: "bob", declaredAt: 3))
        #expect(older?.by == FlagChange.unknownWriter)
        let declared = state.accept(Self.reading(Self.legacy, hash: "d", at: 40, by: "cho", declaredAt: 35))
        #expect(declared?.by == "cho")
    }

    @Test("after a restart the history tells what was known before")
    func restart() {
        let newest = FlagChange(
            time: Self.time(5), by: "ann", reason: "because", from: nil, to: .defaultValue, contentHash: "a")
        var same = FlagState(environment: .none, isProduction: false)
        #expect(
            same.accept(Self.reading(.defaultValue, hash: "a", at: 9, by: "ann", declaredAt: 5), newest: newest) == nil)
        #expect(same.effective == .defaultValue)

        var edited = FlagState(environment: .none, isProduction: false)
        let reading = Self.reading(Self.legacy, hash: "b", at: 9, by: "ann", declaredAt: 5)
        let change = edited.accept(reading, newest: newest)
        #expect(change?.by == FlagChange.unknownWriter)
        #expect(change?.from == .defaultValue)
    }

    @Test("a hold outlasts every edit by another program that leaves the file away from legacy")
    func hold() {
        var state = FlagState(environment: .none, isProduction: false)
        _ = state.accept(Self.reading(.defaultValue, hash: "a", at: 1, by: "ann", declaredAt: 1))
        state.holdAtLegacy()
        _ = state.accept(Self.reading(.defaultValue, hash: "a", at: 2, by: "ann", declaredAt: 1))
        _ = state.accept(Self.reading(.defaultValue, hash: "b", at: 3, by: "ann", declaredAt: 1))
        _ = state.accept(Self.reading(Self.distributed, hash: "c", at: 4))
        #expect(state.effective.strategy == .legacy)
        #expect(state.fileValues.strategy == .distributedOnly)
        // Once the file says legacy, later edits are followed.
        _ = state.accept(Self.reading(Self.legacy, hash: "d", at: 5))
        #expect(!state.isHeldAtLegacy)
        _ = state.accept(Self.reading(Self.distributed, hash: "e", at: 6))
        #expect(state.effective.strategy == .distributedOnly)
        state.holdAtLegacy()
        state.releaseHold()
        #expect(state.effective.strategy == .distributedOnly)
    }

    @Test(
        "a person who sets another strategy ends a hold; an old word, another flag and the service's own do not",
        arguments: [
            ("ann", 9, true, true), ("ann", 1, true, false), ("ann", 9, false, false), ("parallax", 9, true, false),
            ("parallax-drill", 9, true, false),
        ])
    func holdAndPerson(by: String, declaredAt: Int64, isOtherStrategy: Bool, ends: Bool) {
        var state = FlagState(environment: .none, isProduction: false)
        _ = state.accept(Self.reading(.defaultValue, hash: "a", at: 1, by: "eve", declaredAt: 1))
        state.holdAtLegacy()
        let values = isOtherStrategy ? Self.distributed : .defaultValue
        _ = state.accept(Self.reading(values, hash: "b", at: 9, by: by, declaredAt: declaredAt))
        #expect(state.isHeldAtLegacy == !ends)
    }

    @Test("a hold of an earlier process is resumed unless the file has taken its place")
    func resumedHold() throws {
        var earlier = FlagState(environment: .none, isProduction: false)
        _ = earlier.accept(Self.reading(.defaultValue, hash: "a", at: 1))
        earlier.holdAtLegacy()
        let hold = try #require(earlier.hold)
        var state = FlagState(environment: .none, isProduction: false)
        state.resume(hold)
        _ = state.accept(Self.reading(.defaultValue, hash: "b", at: 2))
        #expect(state.effective.strategy == .legacy)
        var later = FlagState(environment: .none, isProduction: false)
        _ = later.accept(Self.reading(Self.distributed, hash: "c", at: 3, by: "ann", declaredAt: 3))
        later.resume(hold)
        #expect(later.effective.strategy == .distributedOnly)
    }
}
