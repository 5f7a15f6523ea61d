import MailTapAnalysis
import MailTapCore

/// Replies as they are written: each line with its status.
enum ReplyLines {
    /// The status of a reply, or all that are accepted.
    static func status(_ reply: Reply) -> String {
        if let acceptable = reply.acceptable { return "{\(acceptable.name)}" }
        return reply.status == .none ? "missing" : reply.status.text
    }

    /// The lines of a reply, as they stand on the wire.
    static func shown(_ reply: Reply, isPOP3: Bool) -> [String] {
        let status = status(reply)
        guard !reply.lines.isEmpty else { return [status] }
        return reply.lines.enumerated().map { index, line in
            let text = line.text().text
            let isLast = index == reply.lines.count - 1
            return isLast && text.isEmpty ? status : "\(status)\(isLast || isPOP3 ? " " : "-")\(text)"
        }
    }
}
