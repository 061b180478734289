import NIOCore
import NIOPosix
import Testing

@testable import RedisLimiting

/// Tasks on an event loop.
@Suite struct EventLoopExecutorTests {
    @Test("a task that prefers it runs on the event loop, also after it has waited")
    func runsThere() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let places = await withTaskExecutorPreference(EventLoopExecutor(eventLoop)) {
            var places = [eventLoop.inEventLoop]
            await Task.yield()
            places.append(eventLoop.inEventLoop)
            _ = try? await eventLoop.makeSucceededFuture(1).get()
            places.append(eventLoop.inEventLoop)
            return places
        }
        #expect(places == [true, true, true])
        #expect(!eventLoop.inEventLoop)
    }

    @Test("a thousand tasks at once all run there and end")
    func many() async {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let executor = EventLoopExecutor(eventLoop)
        let there = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 {
                group.addTask(executorPreference: executor) {
                    await Task.yield()
                    return eventLoop.inEventLoop
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(there == 1_000)
    }
}
