import Foundation
import MailTapAnalysis
import Testing

@testable import MailTapExport

@Suite struct MessageExportTests {
    @Test func `an mbox quotes lines that begin with From`() {
        let content = Array("Subject: x\r\n\r\nFrom here\r\n>From there\r\nFromage\r\nlast".utf8)
        let text = Samples.export(MboxExport(), [ExportItem(session: Samples.smtp, contents: [content])])
        #expect(
            text == """
                From a@example.org Mon Nov 23 06:01:02 2026
                Subject: x

                >From here
                >>From there
                Fromage
                last


                """)
    }

    @Test func `a sender that would break the line is left out`() {
        var session = Samples.smtp
        session.messages[0].from = "a b\nFrom evil"
        #expect(
            Samples.export(MboxExport(), [ExportItem(session: session, contents: [[65]])]).hasPrefix(
                "From MAILER-DAEMON Mon"))
        #expect(Samples.export(MboxExport(), [ExportItem(session: session)]).isEmpty)
    }

    @Test func `each message is a file of its own, and none is written over`() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mailtap-eml-\(UInt64.random(in: 0 ... .max))/deep")
        defer { try? FileManager.default.removeItem(at: directory.deletingLastPathComponent()) }
        let files = try MessageFiles(directory: directory.path)
        let item = ExportItem(session: Samples.hostile, contents: [Samples.content])
        #expect(try files.write(item) == ["session-0003-message-01.eml"])
        let written = try Data(contentsOf: directory.appendingPathComponent("session-0003-message-01.eml"))
        #expect(Array(written) == Samples.content)
        let mode = try FileManager.default.attributesOfItem(atPath: directory.path + "/session-0003-message-01.eml")[
            .posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(throws: ExportError.self) { try files.write(item) }
    }

    @Test func `a directory that can't be made is reported`() {
        #expect(throws: ExportError.self) { _ = try MessageFiles(directory: "/dev/null/x") }
    }
}
