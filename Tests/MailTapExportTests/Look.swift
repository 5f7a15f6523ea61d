import Testing
import MailTapAnalysis
@testable import MailTapExport
@Test func look() {
    let items = [Samples.smtp, Samples.pop3, Samples.hostile].map { ExportItem(session: $0, contents: [Samples.content]) }
    for format in SessionList.Format.allCases { print(Samples.export(SessionList(format, ExportOptions(width: 160)), items)) }
    print(Samples.export(CSVExport(), items))
    print(Samples.export(MboxExport(), items))
    print(Samples.export(TranscriptExport(ExportOptions(width: 60, full: true)), items))
}
