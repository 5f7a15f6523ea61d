import Foundation
import MailTapAnalysis
import MailTapCore
import MailTapExport
import MailTapTesting
import Testing

@testable import mailtap

/// Captures of real servers, damaged at random and read as `analyze` does, down to the JSON.
@Suite struct DamagedCaptureTests {
    /// Captures and recordings that are short enough to be read many times.
    static let names = Captures.names.filter { name in
        guard name.hasSuffix(".pcap") || name.hasSuffix(".pcapng") || name.hasSuffix(".mailtap") else { return false }
        let path = Captures.folder.appendingPathComponent(name).path
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        return size ?? 0 < 40_000
    }

    @Test(arguments: names) func whatIsLeftIsReadAndNothingIsInvented(_ name: String) throws {
        try #require(!Self.names.isEmpty)
        let whole = try Data(contentsOf: Captures.folder.appendingPathComponent(name))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("damaged-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = SeededGenerator(seed: UInt64(whole.count))
        for round in 0..<12 {
            var octets = [UInt8](whole)
            // The file's own header stays, or most would be no capture at all.
            for _ in 0..<(1 << Int.random(in: 0...6, using: &random)) where octets.count > 40 {
                Self.damage(&octets, at: Int.random(in: 24..<octets.count, using: &random), &random)
            }
            let path = folder.appendingPathComponent("\(round)").path
            try Data(octets).write(to: URL(fileURLWithPath: path))
            let sessions = try Self.sessions(path)
            var seen = 0
            for session in sessions {
                let bytes = try #require(session["bytes"] as? [String: Any])
                let sides = try ["client", "server"].map { try #require(bytes[$0] as? Int) }
                seen += sides[0] + sides[1]
                let messages = session["messages"] as? [[String: Any]] ?? []
                let content = messages.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) }
                #expect(content <= sides[0] + sides[1])
            }
            #expect(seen <= octets.count)
        }
    }

    /// The sessions as JSON, whether or not the input is damaged.
    private static func sessions(_ path: String) throws -> [[String: Any]] {
        var wishes = SessionGatherer.Wishes()
        wishes.options.keepsContent = true
        var items: [ExportItem] = []
        let gatherer = SessionGatherer(wishes) { items.append($0) }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        // Damage is told by an error; what came before it was delivered.
        _ = try? InputReader().readCaptureOrDialogue(file.fileDescriptor, "damaged", into: gatherer)
        try gatherer.finish()
        let text = Captures.export(items, .json)
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    private static func damage(_ octets: inout [UInt8], at place: Int, _ random: inout SeededGenerator) {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: octets[place] = UInt8.random(in: 0...255, using: &random)
        case 1: octets[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2: octets.removeSubrange(place..<min(octets.count, place + 4))
        case 3: octets.insert(contentsOf: octets[place...].prefix(16), at: place)
        case 4 where Int.random(in: 0..<8, using: &random) == 0: octets.removeLast(octets.count - place)
        default: octets[place] = [0, 10, 13, 46, 127, 255].randomElement(using: &random) ?? 0
        }
    }
}
