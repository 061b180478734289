import ArgumentParser

/// Numbers of instances with commas between: `1,2,4,8`.
struct FleetSizes: Equatable, Sendable, ExpressibleByArgument {
    /// The most sizes, and the most instances of one.
    static let maximumCount = 16
    static let maximumSize = 256

    let sizes: [Int]

    init(sizes: [Int]) {
        self.sizes = sizes
    }

    init?(argument: String) {
        let sizes = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sizes.count <= Self.maximumCount, sizes.allSatisfy({ (1...Self.maximumSize).contains($0) }) else {
            return nil
        }
        self.sizes = sizes
    }

    var defaultValueDescription: String { sizes.map(String.init).joined(separator: ",") }
}
