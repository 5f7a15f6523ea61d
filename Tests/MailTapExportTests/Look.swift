import Testing
import MailTapAnalysis
@testable import MailTapExport
@Test func look() {
    for width in [100, 80, 60] {
        print(Samples.export(TranscriptExport(ExportOptions(color: false, width: width)), [Samples.smtp, Samples.pop3, Samples.hostile].map { ExportItem(session: $0) }))
    }
    print(Samples.export(JSONExport(.array), [Samples.smtp, Samples.pop3, Samples.hostile].map { ExportItem(session: $0) }))
}
