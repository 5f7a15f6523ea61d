// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// A release holds the Swift libraries: it starts in half the time, calls to them are direct, and it needs none beside it.
let linkedIn = BuildSettingCondition.when(platforms: [.linux], configuration: .release)
let swiftLibraries: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib", "-use-ld=lld"], linkedIn),
    .linkedLibrary("FoundationEssentials", linkedIn),
    .linkedLibrary("_FoundationCollections", linkedIn),
    .linkedLibrary("_FoundationCShims", linkedIn),
]

let package = Package(
    name: "mailtap",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "mailtap", targets: ["mailtap"]),
        // For Benchmarks/, a package of its own.
        .library(name: "MailTapCore", targets: ["MailTapCore"]),
        .library(name: "MailTapAnalysis", targets: ["MailTapAnalysis"]),
        .library(name: "MailTapCapture", targets: ["MailTapCapture"]),
        .library(name: "MailTapExport", targets: ["MailTapExport"]),
        .library(name: "MailTapProxy", targets: ["MailTapProxy"]),
        .library(name: "MailTapTLS", targets: ["MailTapTLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"]), .brew(["libpcap"])]),
        .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CMalloc"),
        .target(name: "MailTapCore", dependencies: ["CPCRE2"], swiftSettings: strict),
        .target(
            name: "MailTapAnalysis",
            dependencies: ["MailTapCore", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "MailTapCapture", dependencies: ["MailTapCore", "CPcap", "CZlib"], swiftSettings: strict),
        .target(
            name: "MailTapDecrypt",
            dependencies: [
                "MailTapCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "MailTapTLS",
            dependencies: [
                "MailTapCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),
        .target(
            name: "MailTapProxy",
            dependencies: [
                "MailTapCore", "MailTapTLS",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "MailTapReplay",
            dependencies: [
                "MailTapCore", "MailTapAnalysis", "MailTapServer", "MailTapTLS",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "MailTapExport",
            dependencies: ["MailTapCore", "MailTapAnalysis", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "MailTapServer",
            dependencies: [
                "MailTapCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(name: "MailTapTesting", dependencies: ["MailTapCore"], swiftSettings: strict),
        .executableTarget(
            name: "mailtap",
            dependencies: [
                "MailTapCore", "MailTapAnalysis", "MailTapCapture", "MailTapDecrypt", "MailTapTLS", "MailTapProxy",
                "MailTapReplay",
                "MailTapExport", "MailTapServer", "CMalloc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            linkerSettings: swiftLibraries),
        .testTarget(name: "MailTapCoreTests", dependencies: ["MailTapCore", "MailTapTesting"], swiftSettings: strict),
        .testTarget(
            name: "MailTapAnalysisTests", dependencies: ["MailTapAnalysis", "MailTapCore", "MailTapTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapCaptureTests", dependencies: ["MailTapCapture", "MailTapCore", "MailTapTesting", "CPcap"],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapDecryptTests",
            dependencies: [
                "MailTapDecrypt", "MailTapCore", "MailTapTesting",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapTLSTests",
            dependencies: [
                "MailTapTLS", "MailTapCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapProxyTests",
            dependencies: [
                "MailTapProxy", "MailTapCore", "MailTapServer", "MailTapTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapReplayTests",
            dependencies: [
                "MailTapReplay", "MailTapAnalysis", "MailTapCore", "MailTapServer", "MailTapTesting", "MailTapTLS",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapExportTests",
            dependencies: ["MailTapExport", "MailTapAnalysis", "MailTapCore", "MailTapTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "MailTapServerTests",
            dependencies: [
                "MailTapServer", "MailTapCore",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "mailtapTests",
            dependencies: [
                "mailtap", "MailTapCore", "MailTapAnalysis", "MailTapCapture", "MailTapDecrypt", "MailTapExport",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
