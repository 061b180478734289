// swift-tools-version: 6.3
import PackageDescription

/// Rules of the language as everywhere else.
let rules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Lets the benchmarks call what only its own module sees.
let reachable: [SwiftSetting] = rules + [.unsafeFlags(["-enable-testing"])]

/// What one decision, comparison, reply and command cost in this process: a package of its own, so that no one builds it
/// who does not measure. What crosses a socket is measured by `parallax-bench`.
///
/// Its sources are links to those of the project.
let package = Package(
    name: "parallax-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        // Without its interposers: allocations are counted by `AllocationCounter`.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CHiredis"),
        .target(name: "AllocationCounter"),
        .target(
            name: "ParallaxCore",
            dependencies: [
                .product(name: "BasicContainers", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: reachable
        ),
        .target(
            name: "RedisLimiting",
            dependencies: [
                "CHiredis",
                "ParallaxCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Scripts")],
            swiftSettings: reachable
        ),
        .executableTarget(
            name: "CoreBenchmarks",
            dependencies: [
                "AllocationCounter", "ParallaxCore", "RedisLimiting",
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Core",
            swiftSettings: reachable,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
