import MailTapCore
import MailTapExport

/// The file of `--list`: which pseudonym stands for what, one per line, for the eyes of who made the export.
struct RedactionListing: ~Copyable {
    private var out: StandardOutput

    init(path: String) throws { out = try StandardOutput(path: path, isPrivate: true) }

    /// Kind, original and pseudonym, between tabs; control characters and line ends as visible escapes.
    mutating func write(_ log: RedactionLog) throws {
        try out.print("kind\toriginal\tpseudonym")
        for entry in log.entries {
            try out.print("\(entry.kind.rawValue)\t\(Self.visible(entry.original))\t\(Self.visible(entry.pseudonym))")
        }
        try out.flush()
    }

    private static func visible(_ octets: [UInt8]) -> String {
        VisibleText.of(String(decoding: octets, as: UTF8.self))
    }
}
