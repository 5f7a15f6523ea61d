/// `swaks`, `curl`, `openssl`: command lines for a shell that reproduce a session with a tool of that name.
///
/// Secrets are never in them: a password comes from `$MAILTAP_PASSWORD`, content from the files of `--format eml`.
public struct CommandLineExport: Exporter {
    /// The tool that is to run.
    public enum Tool: String, Sendable, CaseIterable {
        /// SMTP and LMTP, a command line for each mail.
        case swaks
        /// SMTP and POP3, a command line for each mail and each thing asked of a maildrop.
        case curl
        /// What the client said, piped into `s_client`.
        case openssl
    }

    private let tool: Tool
    private var isFirst = true

    /// Command lines for `tool`.
    public init(_ tool: Tool) { self.tool = tool }

    /// The command lines for one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        let facts = SessionFacts(item)
        if !isFirst { out.append("\n") }
        isFirst = false
        out.append(text: facts.title)
        let lines =
            switch tool {
            case .swaks: SwaksCommandLine.lines(facts)
            case .curl: CurlCommandLine.lines(facts)
            case .openssl: OpenSSLCommandLine.lines(facts)
            }
        for line in lines { out.append(text: line) }
    }

    /// A command with its options, one on each line.
    static func command(_ name: String, _ options: [String]) -> String {
        ([name] + options).joined(separator: " \\\n    ") + "\n"
    }
}
