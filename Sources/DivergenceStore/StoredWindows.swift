import Foundation
import ParallaxCore

/// A policy's windows as JSON.
enum StoredWindows {
    private struct StoredWindow: Codable {
        let name: String
        let limit: Int
        let durationMilliseconds: Int64
    }

    /// Longer than any window, and short enough to be added to any time.
    private static let maximumMilliseconds: Int64 = 1 << 53

    static func encode(_ windows: [Window]) throws -> Data {
        try JSONEncoder().encode(
            windows.map {
                StoredWindow(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
            })
    }

    static func decode(_ data: Data) throws -> [Window] {
        try JSONDecoder().decode([StoredWindow].self, from: data).map {
            guard $0.limit >= 0, (1...maximumMilliseconds).contains($0.durationMilliseconds) else {
                throw DivergenceStoreError(
                    .altered, "the database holds a policy that cannot be; restore it from a copy")
            }
            return Window(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
        }
    }
}
