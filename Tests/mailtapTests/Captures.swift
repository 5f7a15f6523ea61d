import Foundation
import MailTapAnalysis
import MailTapCore
import MailTapExport

@testable import mailtap

/// The captures of real servers that the project keeps, read as the commands read them.
enum Captures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let folder = root.appendingPathComponent("captures")
    static let golden = root.appendingPathComponent("Tests/Fixtures/golden")

    /// Captures, recordings and dialogue files, by name.
    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { name in
            [".pcap", ".pcapng", ".gz", ".mailtap", ".dialogue"].contains { name.hasSuffix($0) }
        }
        .sorted()

    /// The sessions of a file.
    static func sessions(_ name: String, keepsTraces: Bool = false) throws -> [ExportItem] {
        try sessions(at: folder.appendingPathComponent(name).path, named: name, keepsTraces: keepsTraces)
    }

    static func sessions(at path: String, named name: String, keepsTraces: Bool = false) throws -> [ExportItem] {
        var wishes = SessionGatherer.Wishes()
        wishes.keepsTraces = keepsTraces
        wishes.options.keepsContent = true
        var items: [ExportItem] = []
        let gatherer = SessionGatherer(wishes) { items.append($0) }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try InputReader().readCaptureOrDialogue(file.fileDescriptor, name, into: gatherer)
        try gatherer.finish()
        return items
    }

    /// The sessions in one format, as `export` prints them.
    static func export(_ items: [ExportItem], _ format: ExportFormat, reveal: Bool = false) -> String {
        var exporter = format.makeExporter(ExportOptions(reveal: reveal))
        var octets: [UInt8] = []
        exporter.begin(into: &octets)
        for item in items { exporter.session(item, into: &octets) }
        exporter.end(into: &octets)
        return String(decoding: octets, as: UTF8.self)
    }
}
