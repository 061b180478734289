import Foundation
import ParallaxCore

/// Values as JSON for programs: keys in order, so that two outputs can be compared line by line.
package enum JSONText {
    package static func make(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return JSONEscaping.text(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
