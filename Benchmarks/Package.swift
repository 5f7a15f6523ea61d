// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mailtap", path: ".."),
        // Without its interposers, which need more than every platform has.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        .target(name: "CAllocations", path: "Benchmarks/CAllocations"),
        .executableTarget(
            name: "MailTapBenchmarks",
            dependencies: [
                "CAllocations",
                .product(name: "MailTapCore", package: "mailtap"),
                .product(name: "MailTapAnalysis", package: "mailtap"),
                .product(name: "MailTapCapture", package: "mailtap"),
                .product(name: "MailTapExport", package: "mailtap"),
                .product(name: "MailTapProxy", package: "mailtap"),
                .product(name: "MailTapTLS", package: "mailtap"),
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Benchmarks/MailTapBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ],
    swiftLanguageModes: [.v6]
)
