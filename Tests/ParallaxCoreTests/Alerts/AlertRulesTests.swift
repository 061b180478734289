import Testing

@testable import ParallaxCore

@Suite struct AlertRulesTests {
    /// Rules in virtual time: one look a second.
    private struct World {
        var rules = AlertRules(settings: AlertSettings())
        var seconds: Int64 = 0

        mutating func look(
            allowed: Int = 0, limited: Int = 0, unavailable: Int = 0, failures: Int = 0,
            rollback: RollbackLatch.Firing? = nil, drill: AlertRules.Drill? = nil
        ) -> [Alert] {
            seconds += 1
            return rules.alerts(
                counting: AlertCounts(
                    allowed: allowed, limited: limited, unavailable: unavailable, connectionFailures: failures),
                rollback: rollback, drill: drill, at: .second(seconds))
        }
    }

    @Test("five failed connections within a minute are borne, the sixth is critical, and a minute later all is over")
    func connections() {
        var world = World()
        for _ in 0..<5 { #expect(world.look(failures: 1).isEmpty) }
        let alerts = world.look(failures: 1)
        #expect(alerts.map(\.name) == [.redisConnectionFailures])
        #expect(alerts.first?.name.severity == .critical)
        #expect(alerts.first?.startsAt == Moment.second(6).wall)
        #expect(world.look().first?.startsAt == Moment.second(6).wall)
        for _ in 8...60 { _ = world.look() }
        #expect(world.look().isEmpty)
    }

    @Test("exactly 80 % refusals raise nothing, a single one more does, and outages are no refusals")
    func refusals() {
        var equal = World()
        for _ in 0..<100 { #expect(equal.look(allowed: 2, limited: 8).isEmpty) }
        #expect(equal.look(limited: 1).map(\.name) == [.refusalRate])
        var away = World()
        for _ in 0..<100 { #expect(away.look(allowed: 2, limited: 8, unavailable: 100).isEmpty) }
    }

    @Test("ninety-nine verdicts say nothing, a hundred do")
    func minimum() {
        var world = World()
        for _ in 0..<99 { #expect(world.look(limited: 1).isEmpty) }
        let alert = world.look(limited: 1).first
        #expect(alert?.name == .refusalRate && alert?.name.severity == .warning)
        #expect(alert?.summary == "100 % of 100 requests were refused over 300 s (limit 80 %)")
    }

    @Test("a burst of refusals that is over is over within a minute, though five minutes still hold it")
    func ends() {
        var world = World()
        for _ in 0..<100 { _ = world.look(limited: 10) }
        for _ in 0..<60 { _ = world.look(allowed: 1) }
        #expect(world.look(allowed: 1).isEmpty)
    }

    @Test("a rollback names its trigger and its sentence, says what memory does to limits, and is told while latched")
    func rollback() {
        let firing = RollbackLatch.Firing(
            trigger: .errorRate, time: Timestamp(milliseconds: 7), sentence: "error rate 7.9 %")
        var world = World()
        let alert = world.look(rollback: firing).first
        #expect(alert?.key == Alert.Key(name: .rollback, trigger: .errorRate))
        #expect(alert?.startsAt == Timestamp(milliseconds: 7))
        #expect(alert?.summary == "Rolled back to legacy: error rate 7.9 %")
        #expect(alert?.description.contains("multiplies each limit by the number of instances") == true)
        #expect(world.look().isEmpty)
    }

    @Test("a rollback that was undone without an acknowledgement does not say that instances are at legacy")
    func undone() {
        let firing = RollbackLatch.Firing(trigger: .redisDown, time: Timestamp(milliseconds: 7), sentence: "down")
        var rules = AlertRules(settings: AlertSettings())
        let alert = rules.alerts(
            counting: AlertCounts(), rollback: firing, strategy: .distributedOnly, drill: nil, at: .second(1)
        ).first
        #expect(alert?.description.hasPrefix("The flags were set to distributed_only again") == true)
        #expect(alert?.description.contains("own memory") == false)
    }

    @Test("a rollback that could not be written says that it is one instance's alone")
    func heldAlone() {
        let firing = RollbackLatch.Firing(trigger: .redisDown, time: Timestamp(milliseconds: 7), sentence: "down")
        var rules = AlertRules(settings: AlertSettings())
        let alert = rules.alerts(
            counting: AlertCounts(), rollback: firing, isHeldAlone: true, drill: nil, at: .second(1)
        ).first
        #expect(alert?.description.hasPrefix("The flag file cannot be written: only this instance") == true)
    }

    @Test("a drill is told as a drill")
    func drill() {
        var world = World()
        let drill = AlertRules.Drill(by: "ann", reason: "monthly", time: Timestamp(milliseconds: 3))
        let alert = world.look(drill: drill).first
        #expect(alert?.name == .rollbackDrill && alert?.name.severity == .info)
        #expect(alert?.summary.contains("ann") == true && alert?.description.contains("No trigger fired") == true)
    }
}

extension Moment {
    /// A second after the beginning of both clocks.
    static func second(_ second: Int64) -> Moment {
        Moment(steadyMilliseconds: second * 1000, wall: Timestamp(milliseconds: 1_800_000_000_000 + second * 1000))
    }
}
