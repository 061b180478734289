import Foundation
import ParallaxCore

extension Timestamp {
    /// An instant to the second, in UTC, as `/health` shows it.
    var textInHealth: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
    }
}
