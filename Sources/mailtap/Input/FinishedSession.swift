import MailTapAnalysis
import MailTapExport

/// A session with all that it shows alone, ready to be given out.
struct FinishedSession: Sendable {
    /// In which form it is given out.
    enum Form: Sendable {
        /// Apart, since a session has many parts and all forms would take its room.
        indirect case item(ExportItem)
        case line(JSONLine)
        /// It is not wanted, but may show something together with others.
        case nothing
    }

    /// 0 where that is not known yet.
    var number: Int
    var form: Form
    /// What several sessions may show together; nil where nobody asks.
    var sighting: SessionWatch.Sighting?
}
