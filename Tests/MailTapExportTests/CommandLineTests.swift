import MailTapAnalysis
import MailTapCore
import MailTapExport
import Testing

@Suite struct CommandLineTests {
    private func text(_ format: ExportFormat, _ session: Session) -> String {
        var out: [UInt8] = []
        var exporter = format.makeExporter(ExportOptions())
        exporter.begin(into: &out)
        exporter.session(ExportItem(session: session), into: &out)
        exporter.end(into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(arguments: [ExportFormat.swaks, .curl, .openssl])
    func passwordsStayOut(_ format: ExportFormat) {
        let lines = text(format, Samples.smtp)
        #expect(!lines.contains("AHRlc3QAc2VjcmV0"))
        #expect(!lines.contains("secret"))
        #expect(lines.contains("\"$MAILTAP_PASSWORD\""))
        #expect(lines.contains("'test"))
        #expect(lines.contains("session-0001-message-01.eml"))
        #expect(lines.contains("# the content: mailtap export office.pcap --format eml --session 1 -o .\n"))
    }

    @Test(arguments: [ExportFormat.swaks, .curl, .openssl])
    func whatAPeerSaidStaysOneWord(_ format: ExportFormat) {
        var session = Samples.smtp
        for index in session.exchanges.indices where session.exchanges[index].command?.verb == "MAIL" {
            session.exchanges[index].command?.line = Samples.wire("MAIL FROM:<a'; touch x; echo '$(id)>")
        }
        session.info.source = "a\nrm -rf x.pcap"
        let lines = text(format, session)
        #expect(lines.contains("a'\\''; touch x; echo '\\''$(id)"))
        #expect(!lines.contains("\nrm -rf"))
    }

    @Test func openSSLBeginsTLSAsTheSessionDid() {
        var session = Samples.smtp
        session.tls = nil
        session.exchanges.removeAll { $0.command?.verb == "STARTTLS" }
        let clear = text(.openssl, session)
        #expect(clear.contains("| curl ") && clear.contains("telnet://"))
        #expect(!clear.contains("s_client"))
        session.tls = TLSMark(start: .implicit, isDecrypted: true, client: TLSMark.Leg())
        #expect(text(.openssl, session).contains("openssl s_client") && !text(.openssl, session).contains("-starttls"))
        session.tls = TLSMark(start: .starttls, isDecrypted: true, client: TLSMark.Leg())
        #expect(text(.openssl, session).contains("-starttls smtp"))
    }

    @Test func refusedRecipientsAreTriedAgain() {
        #expect(text(.swaks, Samples.smtp).contains("--to 'b@example.net,nobody@example.net'"))
        #expect(text(.curl, Samples.smtp).contains("--mail-rcpt-allowfails"))
    }
}
