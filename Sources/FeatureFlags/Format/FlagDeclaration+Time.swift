import Foundation
import ParallaxCore

extension FlagDeclaration {
    private static var style: Date.ISO8601FormatStyle { .init(includingFractionalSeconds: true) }

    init(by: String, reason: String, at time: Timestamp, number: Int64? = nil) {
        // The milliseconds by themselves: as a fraction of a second, formatting would cut some of them to one less.
        let milliseconds = ((time.milliseconds % 1000) + 1000) % 1000
        let second = Date(timeIntervalSince1970: Double((time.milliseconds - milliseconds) / 1000))
        let digits = String(1000 + milliseconds).dropFirst()
        self.init(
            by: by, reason: reason, changedAt: "\(second.formatted(.iso8601).dropLast()).\(digits)Z", number: number)
    }

    /// When the change was made; `nil` if the text is no such time.
    var time: Timestamp? {
        guard let date = try? FlagDeclaration.style.parse(changedAt) else { return nil }
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
