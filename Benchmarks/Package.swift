// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "mailtap", path: "..")],
    targets: [
        .executableTarget(name: "Benchmarks", dependencies: [.product(name: "MailTapCore", package: "mailtap")])
    ],
    swiftLanguageModes: [.v6]
)
