import Foundation
import ParallaxCore

/// The flags' values as JSON, with the names that the flag file gives them.
enum StoredFlags {
    private struct Values: Codable {
        enum CodingKeys: String, CodingKey {
            case distributedEnabled = "DISTRIBUTED_RATE_LIMITING_ENABLED"
            case hybrid = "HYBRID_RATE_LIMITING"
            case failOpen = "FAIL_OPEN_ON_REDIS_ERROR"
            case enforcementPercent = "DISTRIBUTED_ENFORCEMENT_PERCENT"
        }

        let distributedEnabled: Bool
        let hybrid: Bool
        let failOpen: Bool
        let enforcementPercent: Double
    }

    /// The same values always give the same text: hashes rest on it.
    static func encode(_ flags: FlagValues) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let values = Values(
            distributedEnabled: flags.distributedEnabled, hybrid: flags.hybrid, failOpen: flags.failOpen,
            enforcementPercent: flags.enforcementPercent)
        return String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    static func decode(_ text: String) throws -> FlagValues {
        let values = try JSONDecoder().decode(Values.self, from: Data(text.utf8))
        return FlagValues(
            distributedEnabled: values.distributedEnabled, hybrid: values.hybrid, failOpen: values.failOpen,
            enforcementPercent: values.enforcementPercent)
    }
}
