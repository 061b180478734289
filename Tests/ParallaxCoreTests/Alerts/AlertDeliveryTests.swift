import Testing

@testable import ParallaxCore

@Suite struct AlertDeliveryTests {
    private static func alert(_ name: Alert.Name = .rollback, startsAt: Int64 = 0) -> Alert {
        Alert(
            name, trigger: name == .rollback ? .redisDown : nil, startsAt: ClockReading.second(startsAt).wall,
            summary: "s",
            description: "d")
    }

    /// A receiver in virtual time that answers as it is told.
    private struct Receiver {
        /// What it was sent at a second: alerts' names, with a minus where they were told to be over.
        struct Entry {
            let second: Int64
            let names: [String]
        }

        var delivery = AlertDelivery(settings: AlertSettings())
        var isAway = false
        var now: Int64 = 0
        var log: [Entry] = []

        /// Lets seconds go by while these alerts hold.
        mutating func run(_ seconds: Int64, _ alerts: [Alert]) {
            for _ in 0..<seconds {
                now += 1
                delivery.update(alerts, at: .second(now))
                guard let messages = delivery.next(at: .second(now)) else { continue }
                let names = messages.map { ($0.isResolved ? "-" : "") + $0.alert.name.rawValue }
                log.append(Entry(second: now, names: names))
                delivery.ended(messages, succeeded: !isAway, at: .second(now), jitter: 1)
            }
        }
    }

    @Test("an alert is told at once, again every minute while it lasts, and once when it is over")
    func lasts() {
        var receiver = Receiver()
        receiver.run(5, [])
        receiver.run(150, [Self.alert()])
        receiver.run(300, [])
        #expect(receiver.log.map(\.second) == [6, 66, 126, 156])
        #expect(
            receiver.log.map(\.names) == [
                ["ParallaxRollback"], ["ParallaxRollback"], ["ParallaxRollback"], ["-ParallaxRollback"],
            ])
    }

    @Test("what lasts is said to end four repetitions ahead, and what is over when it was over")
    func ends() {
        var delivery = AlertDelivery(settings: AlertSettings())
        delivery.update([Self.alert()], at: .second(10))
        let told = delivery.next(at: .second(10)) ?? []
        #expect(told.map(\.endsAt) == [ClockReading.second(250).wall])
        #expect(delivery.next(at: .second(11)) == nil, "one attempt at a time")
        delivery.ended(told, succeeded: true, at: .second(11), jitter: 1)
        delivery.update([], at: .second(12))
        let over = delivery.next(at: .second(20)) ?? []
        #expect(over.map(\.isResolved) == [true] && over.map(\.endsAt) == [ClockReading.second(12).wall])
    }

    @Test("a receiver that fails is tried again after 1, 2, 4 seconds and so on, a minute at the most, jitter aside")
    func backsOff() {
        var receiver = Receiver(isAway: true)
        receiver.run(260, [Self.alert()])
        #expect(receiver.log.map(\.second) == [1, 2, 4, 8, 16, 32, 64, 124, 184, 244])
        #expect(receiver.delivery.isFailing && receiver.delivery.failures == 10 && receiver.delivery.delivered == 0)
        var early = AlertDelivery(settings: AlertSettings())
        early.update([Self.alert()], at: .second(0))
        let messages = early.next(at: .second(0)) ?? []
        early.ended(messages, succeeded: false, at: .second(0), jitter: 0)
        #expect(early.next(at: ClockReading(steadyMilliseconds: 499, wall: ClockReading.second(0).wall)) == nil)
        #expect(early.next(at: ClockReading(steadyMilliseconds: 500, wall: ClockReading.second(0).wall)) != nil)
    }

    @Test("after an hour away a receiver is told what holds and what has ended meanwhile, each once, and no history")
    func away() {
        var receiver = Receiver()
        receiver.run(10, [Self.alert()])
        receiver.isAway = true
        for episode in 0..<60 {
            receiver.run(30, [Self.alert(.redisDown, startsAt: Int64(episode) * 60)])
            receiver.run(30, [])
            #expect(receiver.delivery.waiting <= Alert.Name.allCases.count)
        }
        receiver.run(60, [Self.alert(.refusalRate, startsAt: 3700)])
        receiver.isAway = false
        receiver.log = []
        receiver.run(60, [Self.alert(.refusalRate, startsAt: 3700)])
        #expect(
            receiver.log.first?.names == [
                "-ParallaxRollback", "-rate_limiting_redis_down", "rate_limiting_high_denial_rate",
            ])
        #expect(receiver.log.dropFirst().allSatisfy { $0.names == ["rate_limiting_high_denial_rate"] })
        #expect(!receiver.delivery.isFailing && receiver.delivery.waiting == 0)
    }

    @Test("ten thousand alerts that come and go while no receiver answers leave one end each to be sent")
    func bound() {
        var delivery = AlertDelivery(settings: AlertSettings())
        for second in 0..<10_000 {
            let alerts = Alert.Name.allCases.map { Self.alert($0, startsAt: Int64(second)) }
            delivery.update(second.isMultiple(of: 2) ? alerts : [], at: .second(Int64(second)))
        }
        #expect(delivery.waiting == Alert.Name.allCases.count)
    }

    @Test("an alert that begins again before its end was sent is sent as one that holds, not as one that ended")
    func anew() {
        var delivery = AlertDelivery(settings: AlertSettings())
        delivery.update([Self.alert()], at: .second(1))
        let told = delivery.next(at: .second(1)) ?? []
        delivery.ended(told, succeeded: true, at: .second(1), jitter: 1)
        delivery.update([], at: .second(2))
        delivery.update([Self.alert(startsAt: 3)], at: .second(3))
        let next = delivery.next(at: .second(3)) ?? []
        #expect(next.map(\.isResolved) == [false] && delivery.waiting == 0)
    }

    @Test("a receiver with two clocks in turn is told once more each minute, and of an end once more only")
    func twoClocks() {
        var delivery = AlertDelivery(settings: AlertSettings())
        var answers = 0
        func run(_ seconds: ClosedRange<Int64>, _ alerts: [Alert]) -> Int {
            var count = 0
            for second in seconds {
                delivery.update(alerts, at: .second(second))
                guard let messages = delivery.next(at: .second(second)) else { continue }
                (count, answers) = (count + 1, answers + 1)
                let time = ClockReading.second(second).wall + (answers.isMultiple(of: 2) ? 0 : 10_000)
                delivery.ended(messages, succeeded: true, receiverTime: time, at: .second(second), jitter: 1)
            }
            return count
        }
        // Two at the start, and at most two each minute.
        #expect(run(1...600, [Self.alert()]) <= 20)
        #expect((1...2).contains(run(601...1_200, [])))
        #expect(delivery.waiting == 0)
    }

    @Test("an alert that ends while it is being told is told to be over afterwards")
    func endsMeanwhile() {
        var delivery = AlertDelivery(settings: AlertSettings())
        delivery.update([Self.alert()], at: .second(1))
        let told = delivery.next(at: .second(1)) ?? []
        delivery.update([], at: .second(2))
        #expect(delivery.next(at: .second(2)) == nil)
        delivery.ended(told, succeeded: true, at: .second(3), jitter: 1)
        #expect(delivery.next(at: .second(3))?.map(\.isResolved) == [true])
    }
}
