import NIOCore
import NIOPosix
import Testing

@testable import RedisLimiting

@Suite struct RefreshScheduleTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private var random = SystemRandomNumberGenerator()
    private var schedule = RefreshSchedule(
        interval: .seconds(10), delays: .milliseconds(100) ... .seconds(2), now: .uptimeNanoseconds(1_000_000_000))

    /// One look that ends at once.
    private mutating func look(isSettled: Bool, at now: NIODeadline) {
        let wasWanted = schedule.began()
        schedule.ended(isSettled: isSettled, wasWanted: wasWanted, now: now, using: &random)
    }

    @Test("the first look is due at once, and the next after the interval while all is well")
    mutating func atRest() {
        #expect(schedule.due == start)
        look(isSettled: true, at: start)
        #expect(schedule.due == start + .seconds(10))
    }

    @Test("one that is wanted is due soon, and not at once again and again")
    mutating func wanted() {
        look(isSettled: true, at: start)
        schedule.want()
        #expect(schedule.due > start && schedule.due <= start + .milliseconds(100))
        let due = schedule.due
        schedule.want()
        #expect(schedule.due == due)
    }

    @Test("while something is wrong looks go on, further and further apart up to the longest delay")
    mutating func unsettled() {
        var now = start
        var waits: [TimeAmount] = []
        for _ in 0..<10 {
            look(isSettled: false, at: now)
            waits.append(schedule.due - now)
            schedule.want()
            #expect(schedule.due - now == waits.last)
            now = schedule.due
        }
        #expect(waits[0] <= .milliseconds(100))
        #expect(waits[9] >= .seconds(1) && waits[9] <= .seconds(2))
    }

    @Test("looks that are wanted all the time come at the longest delay, though each finds all well")
    mutating func storm() {
        var now = start
        for _ in 0..<10 {
            schedule.want()
            look(isSettled: true, at: now)
            schedule.want()
            now = schedule.due
        }
        let last = now
        look(isSettled: true, at: now)
        schedule.want()
        #expect(schedule.due - last >= .seconds(1))
        // A look that no one had asked for shows that the storm is over.
        look(isSettled: true, at: now)
        look(isSettled: true, at: now)
        schedule.want()
        #expect(schedule.due - now <= .milliseconds(100))
    }

    @Test("one that is wanted while a look is under way is not forgotten")
    mutating func wantedMeanwhile() {
        let wasWanted = schedule.began()
        schedule.want()
        schedule.ended(isSettled: true, wasWanted: wasWanted, now: start, using: &random)
        #expect(schedule.due <= start + .milliseconds(100))
    }
}

@Suite struct AnnouncementTests {
    private let announcement = Broadcast(eventLoops: MultiThreadedEventLoopGroup.singleton)

    @Test("all who wait are woken, and no one waits for what has happened already")
    func wakesAll() async {
        let count = announcement.count
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask { await announcement.waitForMore(than: count) }
            }
            announcement.announce()
        }
        await announcement.waitForMore(than: count)
        #expect(announcement.count == count + 1)
    }

    @Test("a deadline and a cancellation end the waiting")
    func ends() async {
        await announcement.waitForMore(than: 0, until: .now() + .milliseconds(5))
        let waiting = Task { await announcement.waitForMore(than: 0) }
        waiting.cancel()
        await waiting.value
        #expect(announcement.count == 0)
    }
}
