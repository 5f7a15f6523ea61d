// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mailtap", path: ".."),
        // Without its interposers, which need more than every platform has.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "MailTapBenchmarks",
            dependencies: [
                .product(name: "MailTapCore", package: "mailtap"),
                .product(name: "MailTapAnalysis", package: "mailtap"),
                .product(name: "MailTapCapture", package: "mailtap"),
                .product(name: "MailTapExport", package: "mailtap"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/MailTapBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6]
)
