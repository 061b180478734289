// swift-tools-version: 6.3
import PackageDescription

/// Rules of the language as everywhere else.
let rules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Tells the fuzzer which branches an input takes, and lets the targets see what they are to break.
let instrumented: [SwiftSetting] = rules + [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])]

/// The fuzzers of the way to Redis and of access logs: a package of its own, so that no one builds it who does not fuzz.
///
/// Its sources are links to those of the project, and its targets to `Tests/RedisLimitingTests/Fuzzing/Targets` and
/// `Tests/SimulationTests/Fuzzing/Targets`.
let package = Package(
    name: "parallax-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "LibFuzzer"),
        .target(
            name: "ParallaxCore",
            dependencies: [
                .product(name: "BasicContainers", package: "swift-collections"),
            ],
            swiftSettings: instrumented
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
            swiftSettings: instrumented
        ),
        .executableTarget(
            name: "Fuzzer",
            dependencies: [
                "LibFuzzer", "ParallaxCore", "RedisLimiting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: instrumented,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
        ),
        // What reads access logs, without the rest of the simulation and the database that it needs.
        .target(name: "Simulation", dependencies: ["CZlib", "ParallaxCore"], swiftSettings: instrumented),
        .executableTarget(
            name: "LogFuzzer",
            dependencies: ["LibFuzzer", "ParallaxCore", "Simulation"],
            swiftSettings: instrumented,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
        ),
    ],
    swiftLanguageModes: [.v6]
)
