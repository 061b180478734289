import ParallaxCore
import Testing

@Suite struct FlagValuesTests {
    @Test(
        "the strategy follows from the two switches, whatever else is set",
        arguments: [
            (false, false, Strategy.legacy), (false, true, .legacy), (true, true, .hybrid),
            (true, false, .distributedOnly),
        ])
    func strategy(enabled: Bool, hybrid: Bool, expected: Strategy) {
        for failOpen in [false, true] {
            for percent in [0.0, 100] {
                let values = FlagValues(
                    distributedEnabled: enabled, hybrid: hybrid, failOpen: failOpen, enforcementPercent: percent)
                #expect(values.strategy == expected)
            }
        }
    }

    @Test("each flag is read and set by its name", arguments: FlagName.allCases)
    func names(name: FlagName) {
        var values = FlagValues.defaultValue
        let value: FlagValue = name.isBoolean ? .boolean(values[name] == .boolean(false)) : .number(42)
        values[name] = value
        #expect(values[name] == value)
        #expect(FlagName.allCases.filter { values[$0] != FlagValues.defaultValue[$0] } == [name])
    }

    @Test("an update changes what it names and nothing else")
    func update() {
        #expect(FlagUpdate().applied(to: .defaultValue) == .defaultValue)
        let values = FlagUpdate(hybrid: false, enforcementPercent: 5).applied(to: .defaultValue)
        #expect(
            values
                == FlagValues(distributedEnabled: true, hybrid: false, failOpen: false, enforcementPercent: 5))
        #expect(FlagUpdate.rollback.applied(to: .defaultValue).strategy == .legacy)
    }
}
