/// A line that is not a request in any format that is read.
package struct MalformedLine: Equatable, Sendable {
    /// What is wrong with it.
    package enum Reason: String, CaseIterable, Error, Sendable {
        case tooLong = "longer than 65536 bytes"
        case noClient = "no client address in the first field"
        case clientTooLong = "a first field of more than 256 bytes"
        case noStamp = "no time such as [10/Oct/2000:13:55:36 -0700] after the first three fields"
        case otherFields = "more than the two fields of the common format between client and time"
        case noRequest = "no request in quotes after the time"
        case noStatus = "no status after the request"
        case noObject = "no JSON object, or a broken one"
        case noTimeMember = "no time under ts, time, timestamp, @timestamp, StartUTC or another known name"
        case noClientMember = "no client under client_ip, remote_ip, remote_addr, ClientHost or another known name"
    }

    /// Counted from 1.
    package let number: Int
    package let reason: Reason
    /// The beginning of the line, as a stranger wrote it.
    package let beginning: String

    package init(number: Int, reason: Reason, beginning: String) {
        self.number = number
        self.reason = reason
        self.beginning = beginning
    }
}
