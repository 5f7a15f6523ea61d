import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command line.
@main
struct MailTap: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "mailtap",
        abstract: "A debugging proxy and traffic recorder for mail: SMTP and POP3.",
        discussion: """
            Stands between a mail client and its server, or reads captures of them, and shows each line of the \
            dialogue explained. What it records is a pcapng file, and a regression test.

            EXAMPLES
              mailtap demo
              mailtap proxy 2525=smtp://mail.example.org --record today.mailtap
              mailtap analyze office.pcap
              mailtap list today.mailtap
              mailtap export today.mailtap --format dialogue
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525

            MORE HELP
              mailtap help COMMAND, mailtap help filter, mailtap help rules, mailtap help rule ID

            INPUT is a capture (pcap or pcapng, also gzip-compressed), a recording, a dialogue file, or - for \
            standard input; they are told apart by content.
            """,
        version: "mailtap \(version)",
        subcommands: [
            ProxyCommand.self, CaptureCommand.self, AnalyzeCommand.self, ListCommand.self, ExportCommand.self,
            ReplayCommand.self,
            DiffCommand.self, CheckCommand.self, CACommand.self, DemoCommand.self,
        ])

    /// The names of all commands, aliases among them.
    static var commandNames: [String] {
        configuration.subcommands.flatMap { command in
            [command.configuration.commandName ?? ""] + command.configuration.aliases
        } + ["help"]
    }

    static func main() async {
        // A closed pipe and a file-size limit are errors to report, not reasons to die.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        do {
            if try HelpTopic.print(CommandLine.arguments.dropFirst()) { return }
            try CommandName.check(CommandLine.arguments.dropFirst())
            var command = try parseAsRoot(ProxyCommand.completed(Array(CommandLine.arguments.dropFirst())))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch is StandardOutput.Closed {
            _exit(0)
        } catch let ended as Ended {
            _exit(ended.status.rawValue)
        } catch let failure as Failure {
            StandardError.write("mailtap: \(failure.text)")
            _exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
