// swift-tools-version: 6.3
import PackageDescription

/// Continuous integration lets no warning pass.
let isContinuousIntegration = Context.environment["CI"].map { !$0.isEmpty && $0 != "false" } ?? false

/// The language rules that every target follows.
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (isContinuousIntegration ? [.treatAllWarnings(as: .error)] : [])

/// Which package each module of others comes from.
let packages = [
    "ArgumentParser": "swift-argument-parser",
    "AsyncHTTPClient": "async-http-client",
    "BasicContainers": "swift-collections",
    "Configuration": "swift-configuration",
    "Crypto": "swift-crypto",
    "DequeModule": "swift-collections",
    "GRDB": "GRDB.swift",
    "GRDBSQLite": "GRDB.swift",
    "HTTPTypes": "swift-http-types",
    "HeapModule": "swift-collections",
    "Hummingbird": "hummingbird",
    "HummingbirdCore": "hummingbird",
    "HummingbirdTesting": "hummingbird",
    "Logging": "swift-log",
    "NIOCore": "swift-nio",
    "NIOEmbedded": "swift-nio",
    "NIOHTTP1": "swift-nio",
    "NIOPosix": "swift-nio",
    "NIOSSL": "swift-nio-ssl",
    "ServiceLifecycle": "swift-service-lifecycle",
    "SystemPackage": "swift-system",
    "UnixSignals": "swift-service-lifecycle",
    "Yams": "Yams",
]

/// Modules of other packages.
func modules(_ names: String...) -> [Target.Dependency] {
    names.map { name in
        guard let package = packages[name] else { fatalError("\(name) is in no package that is listed here") }
        return .product(name: name, package: package)
    }
}

let package = Package(
    name: "parallax",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "parallax", targets: ["parallax"]),
        .executable(name: "parallax-bench", targets: ["parallax-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "ParallaxCore",
            dependencies: modules("BasicContainers"),
            swiftSettings: settings
        ),
        .target(
            name: "RedisLimiting",
            dependencies: ["CHiredis", "ParallaxCore"]
                + modules("Crypto", "DequeModule", "Logging", "NIOCore", "NIOPosix", "NIOSSL", "ServiceLifecycle"),
            resources: [.embedInCode("Scripts")],
            swiftSettings: settings
        ),
        .target(
            name: "DivergenceStore",
            dependencies: ["ParallaxCore"] + modules("Crypto", "GRDB", "GRDBSQLite", "Logging", "ServiceLifecycle"),
            resources: [.embedInCode("Migrations")],
            swiftSettings: settings
        ),
        .target(
            name: "Simulation",
            dependencies: ["CZlib", "DivergenceStore", "ParallaxCore"] + modules("DequeModule", "HeapModule"),
            swiftSettings: settings
        ),
        .target(
            name: "FeatureFlags",
            dependencies: ["ParallaxCore"] + modules("Crypto", "Logging", "ServiceLifecycle"),
            swiftSettings: settings
        ),
        .target(
            name: "Settings",
            dependencies: ["DivergenceStore", "FeatureFlags", "ParallaxCore", "RedisLimiting"]
                + modules("Configuration", "HTTPTypes", "Logging", "NIOCore", "NIOPosix", "SystemPackage", "Yams"),
            swiftSettings: settings
        ),
        .target(name: "AdminAPI", dependencies: ["ParallaxCore"], swiftSettings: settings),
        .target(
            name: "ParallaxService",
            dependencies: ["AdminAPI", "DivergenceStore", "FeatureFlags", "ParallaxCore", "RedisLimiting", "Settings"]
                + modules(
                    "AsyncHTTPClient", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOHTTP1",
                    "NIOPosix", "ServiceLifecycle", "UnixSignals"),
            swiftSettings: settings
        ),
        .target(
            name: "CommandSupport",
            dependencies: ["ParallaxCore"] + modules("ArgumentParser", "ServiceLifecycle", "UnixSignals"),
            swiftSettings: settings
        ),
        .executableTarget(
            name: "parallax-bench",
            dependencies: ["CommandSupport", "DivergenceStore", "ParallaxCore", "RedisLimiting", "Simulation"]
                + modules(
                    "ArgumentParser", "AsyncHTTPClient", "HTTPTypes", "Hummingbird", "Logging", "NIOCore", "NIOHTTP1",
                    "ServiceLifecycle", "UnixSignals"),
            swiftSettings: settings
        ),
        .executableTarget(
            name: "parallax",
            dependencies: [
                "AdminAPI", "CommandSupport", "DivergenceStore", "FeatureFlags", "ParallaxCore", "ParallaxService",
                "RedisLimiting", "Simulation", "Settings",
            ]
                + modules(
                    "ArgumentParser", "AsyncHTTPClient", "Crypto", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix",
                    "NIOSSL", "ServiceLifecycle"),
            swiftSettings: settings
        ),
        .target(
            name: "ParallaxTesting",
            dependencies: ["ParallaxCore", "RedisLimiting"] + modules("Logging", "NIOCore", "NIOPosix"),
            swiftSettings: settings
        ),
        .testTarget(
            name: "ParallaxCoreTests",
            dependencies: ["ParallaxCore", "ParallaxTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RedisLimitingTests",
            dependencies: ["ParallaxTesting", "RedisLimiting"] + modules("NIOEmbedded"),
            resources: [.embedInCode("Resources")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DivergenceStoreTests",
            dependencies: ["DivergenceStore", "ParallaxTesting"] + modules("GRDB"),
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["CZlib", "DivergenceStore", "ParallaxCore", "ParallaxTesting", "Simulation"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FeatureFlagsTests",
            dependencies: ["FeatureFlags", "ParallaxCore", "ParallaxTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["DivergenceStore", "ParallaxCore", "ParallaxTesting", "RedisLimiting", "Settings"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ParallaxServiceTests",
            dependencies: [
                "AdminAPI", "DivergenceStore", "FeatureFlags", "ParallaxService", "ParallaxTesting", "RedisLimiting",
                "Settings",
            ] + modules("HummingbirdTesting", "NIOEmbedded"),
            swiftSettings: settings
        ),
        .testTarget(
            name: "ParallaxBenchTests",
            dependencies: ["CommandSupport", "ParallaxCore", "parallax-bench"] + modules("ArgumentParser"),
            swiftSettings: settings
        ),
        .testTarget(
            name: "ParallaxCommandTests",
            dependencies: [
                "AdminAPI", "CommandSupport", "DivergenceStore", "FeatureFlags", "ParallaxCore", "ParallaxService",
                "ParallaxTesting", "RedisLimiting", "Simulation", "Settings", "parallax",
            ] + modules("ArgumentParser", "Crypto", "GRDB", "Logging", "NIOCore", "ServiceLifecycle"),
            swiftSettings: settings
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "DivergenceStore", "FeatureFlags", "ParallaxService", "ParallaxTesting", "RedisLimiting", "Settings",
                "parallax",
            ] + modules("AsyncHTTPClient", "GRDB"),
            exclude: ["Fixtures", "Golden", "Resources"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
