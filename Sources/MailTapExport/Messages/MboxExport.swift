import MailTapAnalysis
import MailTapCore

/// `mbox`: the messages one after another, in the mboxrd variant (each line `From `, quoted or not, gets one `>` more).
///
/// Line ends CRLF become LF, as in every mbox; other octets stay.
public struct MboxExport: Exporter {
    /// A mailbox of the items' contents; messages without content are left out.
    public init() {}

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        for (index, message) in item.session.messages.enumerated() {
            guard let content = item.content(index) else { continue }
            let exchange =
                item.session.exchanges.indices.contains(message.exchange)
                ? item.session.exchanges[message.exchange].at : 0
            separator(message, at: item.session.info.started.advanced(by: exchange), to: &out)
            var lines = content.split(separator: 10, omittingEmptySubsequences: false)[...]
            if lines.last?.isEmpty == true { lines = lines.dropLast() }
            for var line in lines {
                if line.last == 13 { line = line.dropLast() }
                if line.drop(while: { $0 == UInt8(ascii: ">") }).starts(with: "From ".utf8) { out.append(">") }
                out += line
                out.append("\n")
            }
            out.append("\n")
        }
    }

    /// Appends `From a@example.org Mon Nov 23 06:01:02 2026`.
    private func separator(_ message: Message, at moment: Timestamp, to out: inout [UInt8]) {
        let path = message.from ?? ""
        let isPlain = !path.isEmpty && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        var text: [UInt8] = []
        TimeText.append(moment: moment, decimals: 0, separator: 32, zone: false, to: &text)
        let words = String(decoding: text, as: UTF8.self).split { $0 == "-" || $0 == " " }
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 4, let month = Int(words[1]), months.indices.contains(month - 1), let day = Int(words[2])
        else { return }
        let seconds = moment.nanoseconds / 1_000_000_000 - (moment.nanoseconds % 1_000_000_000 < 0 ? 1 : 0)
        let weekday = Int(((seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400 % 7 + 7) % 7)
        out.append("From ")
        out.append(text: isPlain ? path : "MAILER-DAEMON")
        out.append(
            text: " \(days[weekday]) \(months[month - 1]) \(day < 10 ? " " : "")\(day) \(words[3]) \(words[0])\n")
    }
}
