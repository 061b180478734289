/// A Redis that goes down, comes back and goes down again.
package struct CrashLoop: Hashable, Sendable {
    package var downSeconds: Int
    package var upSeconds: Int

    package init(downSeconds: Int, upSeconds: Int) {
        self.downSeconds = downSeconds
        self.upSeconds = upSeconds
    }

    /// Whether Redis is down in a second, counted from 0 at the beginning of an outage.
    package func isDown(inSecond second: Int) -> Bool {
        second % (downSeconds + upSeconds) < downSeconds
    }
}
