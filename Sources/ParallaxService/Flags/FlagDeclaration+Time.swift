import Foundation
import ParallaxCore

extension FlagDeclaration {
    private static var style: Date.ISO8601FormatStyle { .init(includingFractionalSeconds: true) }

    init(by: String, reason: String, at time: Timestamp, number: Int64? = nil) {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
        self.init(by: by, reason: reason, changedAt: date.formatted(FlagDeclaration.style), number: number)
    }

    /// When the change was made; `nil` where the text is no such time.
    var time: Timestamp? {
        guard let date = try? FlagDeclaration.style.parse(changedAt) else { return nil }
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
