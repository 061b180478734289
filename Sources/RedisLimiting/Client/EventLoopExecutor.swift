package import NIOCore

/// Runs tasks on an event loop: between a socket's bytes and the code that waits for them, no thread has to be woken.
///
/// What runs on it must not block, as anything on an event loop.
package final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
