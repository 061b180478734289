import ParallaxCore
import Crypto

/// One file of `migrations/`: a step of the schema that never changes once released.
struct Migration: Equatable, Sendable {
    /// From 1, without gaps.
    let version: Int
    /// The file's name without its ending, such as `0001_initial`.
    let name: String
    /// The file's bytes.
    let text: [UInt8]

    var sql: String { String(decoding: text, as: UTF8.self) }

    /// The SHA-256 of the text, in lower-case hexadecimal.
    var sha256: String { Hexadecimal.encode(SHA256.hash(data: text)) }
}

extension Migration {
    /// All steps, in order, as embedded in the binary. A new file in `migrations/` gets its line here.
    static let all: [Migration] = [
        Migration(version: 1, name: "0001_initial", text: PackageResources._001_initial_sql),
        Migration(version: 2, name: "0002_settlements", text: PackageResources._002_settlements_sql),
        Migration(version: 3, name: "0003_volume", text: PackageResources._003_volume_sql),
        Migration(version: 4, name: "0004_durations_and_alerts", text: PackageResources._004_durations_and_alerts_sql),
        Migration(version: 5, name: "0005_store", text: PackageResources._005_store_sql),
    ]
}
