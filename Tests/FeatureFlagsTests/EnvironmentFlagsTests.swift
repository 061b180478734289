@testable import FeatureFlags
import ParallaxCore
import Testing

@Suite struct EnvironmentFlagsTests {
    struct Case: CustomTestStringConvertible {
        let environment: Bool?
        let file: Bool?
        let isProduction: Bool
        let holds: Bool

        var testDescription: String { "environment \(environment as Any), file \(file as Any), holds \(holds)" }
    }

    @Test(
        "off in the environment wins over the file, on does not",
        arguments: [
            Case(environment: nil, file: nil, isProduction: false, holds: true),
            Case(environment: true, file: nil, isProduction: false, holds: true),
            Case(environment: false, file: nil, isProduction: false, holds: false),
            Case(environment: nil, file: true, isProduction: true, holds: true),
            Case(environment: nil, file: false, isProduction: true, holds: false),
            Case(environment: true, file: false, isProduction: false, holds: false),
            Case(environment: false, file: true, isProduction: false, holds: false),
            Case(environment: false, file: true, isProduction: true, holds: false),
        ])
    func enabled(row: Case) throws {
        let environment = try EnvironmentFlags(distributedEnabled: row.environment)
        var file = row.file.map { _ in FlagValues.defaultValue }
        if let isOn = row.file { file?.distributedEnabled = isOn }
        let values = environment.effective(file: file, isProduction: row.isProduction)
        #expect(values.distributedEnabled == row.holds)
        #expect(values.hybrid)
    }

    @Test(
        "failing open is off when either says so expressly, and always in production",
        arguments: [
            Case(environment: nil, file: nil, isProduction: false, holds: false),
            Case(environment: true, file: nil, isProduction: false, holds: true),
            Case(environment: true, file: nil, isProduction: true, holds: false),
            Case(environment: nil, file: true, isProduction: false, holds: true),
            Case(environment: nil, file: true, isProduction: true, holds: false),
            Case(environment: true, file: false, isProduction: false, holds: false),
            Case(environment: false, file: true, isProduction: false, holds: false),
        ])
    func failOpen(row: Case) throws {
        let environment = try EnvironmentFlags(failOpen: row.environment)
        var file = row.file.map { _ in FlagValues.defaultValue }
        if let isOn = row.file { file?.failOpen = isOn }
        #expect(environment.effective(file: file, isProduction: row.isProduction).failOpen == row.holds)
    }

    @Test("hybrid and the share come from the file where there is one, else from the environment")
    func others() throws {
        let environment = try EnvironmentFlags(hybrid: false, enforcementPercent: 25)
        #expect(environment.values.strategy == .distributedOnly)
        #expect(environment.values.enforcementPercent == 25)
        #expect(environment.effective(file: .defaultValue, isProduction: false) == .defaultValue)
    }

    @Test("a percentage in the environment outside 0 to 100 is refused", arguments: [-0.1, 100.1, .infinity, .nan])
    func percent(percent: Double) {
        #expect(throws: FlagDefinitionError.self) { try EnvironmentFlags(enforcementPercent: percent) }
    }

    @Test("a value that wins over the file is noted, one that agrees is not")
    func notes() throws {
        let environment = try EnvironmentFlags(distributedEnabled: false, failOpen: false)
        var file = FlagValues.defaultValue
        file.failOpen = true
        #expect(
            environment.notes(file: file, isProduction: false)
                == [.environmentWins(.distributedEnabled), .environmentWins(.failOpen)])
        #expect(EnvironmentFlags.none.notes(file: file, isProduction: true) == [.failOpenInProduction])
        #expect(EnvironmentFlags.none.notes(file: .defaultValue, isProduction: true) == [])
    }
}
