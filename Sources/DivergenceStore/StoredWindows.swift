import Foundation
import ParallaxCore

/// A policy's windows as JSON.
enum StoredWindows {
    private struct StoredWindow: Codable {
        let name: String
        let limit: Int
        let durationMilliseconds: Int64
    }

    static func encode(_ windows: [Window]) throws -> Data {
        try JSONEncoder().encode(
            windows.map {
                StoredWindow(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
            })
    }

    static func decode(_ data: Data) throws -> [Window] {
        try JSONDecoder().decode([StoredWindow].self, from: data).map {
            Window(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
        }
    }
}
