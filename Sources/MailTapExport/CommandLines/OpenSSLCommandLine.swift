import MailTapAnalysis
import MailTapCore

/// A pipe of what the client said into `openssl s_client`, which speaks TLS and starts it where the session did; a
/// session in clear goes through curl, as openssl speaks nothing but TLS.
enum OpenSSLCommandLine {
    static func lines(_ facts: SessionFacts) -> [String] {
        let session = facts.session
        guard let proto = session.proto, proto != .imap else {
            return [ShellText.comment("what was spoken is not known")]
        }
        guard facts.isImplicitTLS || facts.isStartTLS else { return inClear(facts) }
        var options = ["-quiet", "-connect \(ShellText.word(facts.authority))"]
        if let name = session.tls?.client.sni ?? session.info.server.name {
            options.append("-servername \(ShellText.word(name))")
        }
        var lines = [facts.fileComment]
        if !facts.isImplicitTLS {
            let isLMTP = facts.greeting?.verb == "LHLO"
            options.append("-starttls \(isLMTP ? "lmtp" : proto.name)")
            if proto == .smtp, let name = facts.greeting?.name, !name.isEmpty {
                options.append("-name \(ShellText.word(name))")
            }
        }
        // openssl greets and asks for TLS itself: what led there is left out.
        let start =
            facts.isStartTLS ? session.exchanges.firstIndex { ["STARTTLS", "STLS"].contains($0.command?.verb) } : nil
        lines += script(session.exchanges[(start.map { $0 + 1 } ?? 0)...], facts)
        lines.append("    sleep 1\n} | " + CommandLineExport.command("openssl s_client", options))
        return lines
    }

    private static func inClear(_ facts: SessionFacts) -> [String] {
        var lines = [facts.fileComment]
        lines.append(
            ShellText.comment("the session used no TLS, and openssl speaks nothing else: curl carries it in clear"))
        lines += script(facts.session.exchanges[...], facts)
        let url = ShellText.quoted("telnet://\(facts.authority)")
        lines.append("    sleep 1\n} | " + CommandLineExport.command("curl", ["-sS", "--no-buffer", "--url \(url)"]))
        return lines
    }

    /// What the client said, as commands of a shell.
    private static func script(_ exchanges: ArraySlice<Exchange>, _ facts: SessionFacts) -> [String] {
        var lines = [ShellText.comment("a second before each line, as the answers are not read")]
        lines.append("say() { sleep 1; printf \"$@\"; }\n{\n")
        var chunks = Chunks()
        for exchange in exchanges { lines.append(said(exchange, facts, &chunks)) }
        return lines
    }

    /// Where in a message the next chunk of BDAT begins.
    private struct Chunks {
        var message: Int?
        var offset: UInt64 = 0
    }

    private static func said(_ exchange: Exchange, _ facts: SessionFacts, _ chunks: inout Chunks) -> String {
        guard let command = exchange.command else { return "" }
        let user = ShellText.quoted(facts.user ?? "USER")
        switch command.verb {
        case "*data":
            guard let message = exchange.message else { return "" }
            return "    \(facts.stuffed(message + 1)); say '.\\r\\n'\n"
        case "BDAT":
            let words = SessionFacts.argument(command).split(separator: " ")
            guard let message = exchange.message, let size = words.first.flatMap({ UInt64($0) }) else {
                return "    " + ShellText.comment("a chunk of content stood here: \(command.line.text().text)")
            }
            if chunks.message != message { chunks = Chunks(message: message) }
            let start = chunks.offset
            chunks.offset = start.addingReportingOverflow(size).partialValue
            let piece =
                "tail -c +\(start.addingReportingOverflow(1).partialValue) \(facts.file(message + 1)) | head -c \(size)"
            return "    say '%s\\r\\n' \(ShellText.quoted(command.line.text().text))\(size > 0 ? "; " + piece : "")\n"
        case "PASS":
            return "    say 'PASS %s\\r\\n' \(SessionFacts.password)\n"
        case "AUTH" where facts.mechanism == "PLAIN" && !command.line.secrets.isEmpty:
            return "    say 'AUTH PLAIN %s\\r\\n' \(plain(user))\n"
        case "*auth":
            switch facts.mechanism {
            case "PLAIN": return "    say '%s\\r\\n' \(plain(user))\n"
            case "LOGIN":
                let value = command.line.secrets.isEmpty ? user : SessionFacts.password
                return "    say '%s\\r\\n' \"$(printf %s \(value) | openssl base64 -A)\"\n"
            default:
                return "    "
                    + ShellText.comment("the answer to the server's challenge (\(facts.mechanism ?? "AUTH")) goes here")
            }
        default:
            guard command.line.secrets.isEmpty else {
                return "    " + ShellText.comment("a login with a credential goes here: \(command.line.text().text)")
            }
            return "    say '%s\\r\\n' \(ShellText.quoted(command.line.text().text))\n"
        }
    }

    private static func plain(_ user: String) -> String {
        "\"$(printf '\\0%s\\0%s' \(user) \(SessionFacts.password) | openssl base64 -A)\""
    }
}
