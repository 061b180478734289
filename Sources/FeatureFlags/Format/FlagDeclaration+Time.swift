import Foundation
import ParallaxCore

extension FlagDeclaration {
    private static var style: Date.ISO8601FormatStyle { .init(includingFractionalSeconds: true) }

    init(by: String, reason: String, at time: Timestamp, number: Int64? = nil) {
        self.init(by: by, reason: reason, changedAt: time.iso8601Milliseconds, number: number)
    }

    /// When the change was made; `nil` if the text is no such time.
    var time: Timestamp? {
        guard let date = try? FlagDeclaration.style.parse(changedAt) else { return nil }
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
