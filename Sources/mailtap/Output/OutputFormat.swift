import MailTapCapture
import MailTapCore
import MailTapExport

/// Everything that `--format` can name: the exporters' formats, and those that are files or recordings.
enum OutputFormat {
    case stream(ExportFormat)
    case eml
    case pcapng
    case redacted

    init(named name: String) throws {
        switch name {
        case "eml": self = .eml
        case "pcapng": self = .pcapng
        case "redacted": self = .redacted
        default:
            guard let format = ExportFormat(rawValue: name) else {
                throw Failure(.usage, "no format \"\(name)\"; there are \(Self.names.joined(separator: ", "))")
            }
            self = .stream(format)
        }
    }

    static var names: [String] { ExportFormat.allCases.map(\.rawValue) + ["eml", "pcapng", "redacted"] }

    static func summary(_ name: String) -> String {
        switch name {
        case "text": "the annotated transcript"
        case "json": "an array of sessions (see the documentation)"
        case "ndjson": "one session per line, as they end"
        case "dialogue": "a dialogue file: readable, diffable, read again by every command"
        case "mbox": "the messages as a mailbox (mboxrd)"
        case "csv": "one row per exchange"
        case "eml": "one file per message, into the directory of -o"
        case "pcapng": "a recording made for Wireshark and tshark"
        case "redacted": "a recording that is safe to share, with pseudonyms"
        case "html": "one self-contained page"
        case "markdown": "a document"
        case "mermaid": "a sequence diagram"
        case "sarif": "the findings, SARIF 2.1.0"
        case "junit", "tap": "the findings as test results"
        case "swaks", "curl", "openssl": "command lines that reproduce the sessions"
        default: ""
        }
    }
}
