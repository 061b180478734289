/// That the way back was tried and worked: the flags were set to legacy and every instance followed.
package struct RollbackDrill: Codable, Equatable, Sendable {
    package let time: Timestamp

    package init(time: Timestamp) {
        self.time = time
    }
}
