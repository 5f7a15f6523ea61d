import Foundation
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import Testing

@testable import mailtap

/// What one format writes is read back as the same dialogue.
@Suite struct RoundTripTests {
    @Test(arguments: Captures.names) func dialogueFile(_ name: String) throws {
        let items = try Captures.sessions(name, keepsTraces: true)
        let path = try write(Data(Captures.export(items, .dialogue).utf8))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try expectSame(items, Captures.sessions(at: path, named: name))
    }

    @Test(arguments: Captures.names) func recording(_ name: String) throws {
        let items = try Captures.sessions(name, keepsTraces: true)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try Recording.open(path, keepsSecrets: false)
        for item in items { item.trace?.play(into: recorder) }
        recorder.close()
        #expect(recorder.failure == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try expectSame(items, Captures.sessions(at: path, named: name))
    }

    /// Compares exchanges and messages as JSON shows them, secrets masked.
    private func expectSame(_ before: [ExportItem], _ after: [ExportItem]) {
        #expect(before.count == after.count)
        for (one, other) in zip(before, after) {
            #expect(one.session.exchanges.count == other.session.exchanges.count)
            for (left, right) in zip(one.session.exchanges, other.session.exchanges) {
                #expect(left.at == right.at)
                #expect(left.command?.verb == right.command?.verb)
                #expect(left.command?.line.text().text == right.command?.line.text().text)
                #expect(left.reply == right.reply)
                #expect(left.data == right.data)
            }
            #expect(one.session.messages == other.session.messages)
            #expect(one.session.ending == other.session.ending)
            #expect(one.contents == other.contents)
        }
    }

    private func write(_ data: Data) throws -> String {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try data.write(to: url)
        return url.path
    }
}
