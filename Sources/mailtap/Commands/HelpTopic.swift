import MailTapAnalysis
import MailTapExport
import MailTapReplay

/// `mailtap help TOPIC`, for what is no command: the filter language, the rules, the normalizers.
enum HelpTopic {
    /// Prints the topic that the arguments ask for; false where they ask for something else.
    static func print(_ arguments: ArraySlice<String>) throws -> Bool {
        let words = Array(arguments)
        guard words.first == "help", words.count >= 2 else { return false }
        let text: String
        switch (words[1], words.count) {
        case ("filter", 2): text = filter
        case ("rules", 2): text = rules
        case ("normalizers", 2): text = normalizers
        case ("rule", 3):
            guard let rule = RuleBook.rule(words[2]) else {
                throw Failure(.usage, "there is no rule \"\(words[2])\"; mailtap help rules lists them")
            }
            text = describe(rule)
        case ("rule", _): throw Failure(.usage, "mailtap help rule ID: name one rule of mailtap help rules")
        case (let name, _):
            guard MailTap.commandNames.contains(name) else {
                throw Failure(
                    .usage,
                    "there is no help on \"\(name)\": name a command (\(MailTap.commandNames.joined(separator: ", "))), filter, rules, rule ID or normalizers"
                )
            }
            return false
        }
        var out = try StandardOutput()
        try out.print(text)
        try out.flush()
        return true
    }

    static var filter: String {
        let fields = SessionFilter.fields.map { "  \($0.name.padded(to: 24)) \($0.meaning)" }.joined(separator: "\n")
        return """
            A filter chooses sessions: mailtap list today.mailtap --filter 'EXPRESSION'.

            EXPRESSIONS
              FIELD                    the session has it
              FIELD == VALUE           also != < <= > >= (eq ne lt le gt ge)
              FIELD contains TEXT      case aside
              FIELD matches REGEX      case aside; also ~
              FIELD in {A, B, 550..559} one of these; also not in
              and && or || not ! ( )   two expressions side by side mean and

              Fields of an exchange that are joined by and speak of the same exchange: a RCPT that was refused is
              smtp.req.command == "RCPT" && smtp.response.code >= 500. So do those of a message, and those of a finding.
              A negation speaks of the whole session: !(smtp.req.command == "AUTH") chooses those in which nobody tried to
              log in. FIELD != VALUE holds where there are values and none is equal. Text is compared case aside; texts
              with spaces stand in quotes. An address may be a network: ip.addr == 192.0.2.0/24. A rule or an enhanced
              status code may end in a star: enhanced == 5.7.*. A size may be 500K, a moment 2026-11-23. A value that no
              session could have (severity:eror) is an error, and its place is shown.

              REGEX has the syntax of PCRE2, Perl's, as in Wireshark: (?<=x)y, \\d, \\bword\\b, (?-i)Case; it is in quotes,
              where \\ may be doubled. Texts are UTF-8. A text on which it takes too many steps, as (a+)+ can, counts as
              no match, which standard error tells once.

            SHORT FORMS
              from:TEXT to:TEXT subject:TEXT   parts of the envelope's or the header's addresses, of the subject
              user:TEXT                        part of the name of who logged in, the server having agreed
              has:attachment has:message has:report has:login has:findings
              is:failed is:encrypted           something was refused or it did not end with QUIT; TLS
              from:<>                          the null sender, that of reports: also from == ""
              before:TIME after:TIME           2026-11-23, 2026-11-23T06:00 (UTC) or 2026-11-23T06:00:00+02:00
              larger:SIZE smaller:SIZE         of a message: 500K, 10M
              rule:ID severity:NAME aspect:NAME side:NAME   of a finding

            FIELDS
            \(fields)

            EXAMPLES
              mailtap list office.pcap -f 'smtp.req.command == "RCPT" && smtp.response.code >= 500'
              mailtap export today.mailtap --format eml -o out -f 'from:alice has:attachment larger:1M'
              mailtap analyze office.pcap -f 'ip.addr == 192.0.2.25 and is:failed'
              mailtap list office.pcap -f 'smtp.response.code in {450..452, 550} and tcp.dstport == 25'
              mailtap analyze office.pcap -f 'severity >= warning && side == client'
              mailtap list office.pcap -f 'rule:smtp.starttls-* or not capability == STARTTLS'
              mailtap list today.mailtap -f 'subject matches "^(re|fwd):" after:2026-11-23'
              mailtap list today.mailtap -f 'pop.request.command == "RETR" and pop.response.indicator == "-ERR"'
            """
    }

    static var rules: String {
        let lines = RuleBook.all.map {
            "\($0.id.padded(to: 34)) \($0.severity.rawValue.padded(to: 8)) \($0.aspect.rawValue.padded(to: 16)) \($0.title)"
        }
        return """
            What mailtap check, analyze and export find, by id, severity and aspect. mailtap help rule ID explains one.

            An error is a breach of the protocol or a danger, a warning works by luck or will hurt someone, a note is worth
            knowing. Syntax is the form of what was said, semantics its meaning, synchronization its order and timing.

            \(lines.joined(separator: "\n"))
            """
    }

    static func describe(_ rule: Rule) -> String {
        let kind =
            switch rule.aspect {
            case .syntax: "the form of what was said"
            case .semantics: "the meaning of what was said"
            case .synchronization: "order and timing"
            }
        let side = rule.side.map { "The \($0) is at fault." } ?? "Who is at fault depends on the place."
        let paragraphs = [
            "\(rule.severity.rawValue), \(rule.aspect.rawValue) (\(kind)). \(side) See \(rule.reference).",
            rule.explanation, "What to do: \(rule.remedy)",
            "Leave it out: mailtap check INPUT --ignore \(rule.id)",
        ]
        return
            (["\(rule.id): \(rule.title)"] + paragraphs.map { WordWrap.lines($0, width: 98).joined(separator: "\n") })
            .joined(separator: "\n\n")
    }

    private static var normalizers: String {
        let rules = Normalizer.builtins.map { "  \($0.name.padded(to: 20)) \($0.summary)" }.joined(separator: "\n")
        return """
            Rules that say what may vary from one time to the next without being a difference, for replay and diff.

            \(rules)

            All of them apply by default, none with --compare exact. --normalize NAME adds one, --no-normalize NAME
            takes one away, all for every one. --normalize NAME=REGEX adds a rule of your own: what matches may vary.
            REGEX has the syntax of PCRE2, Perl's. A text on which it takes too many steps, as (a+)+ can, stays as it is,
            which standard error tells once. The report names the rules that made something equal.

            EXAMPLES
              mailtap diff a.mailtap b.mailtap --compare exact --normalize queue-ids --normalize dates
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525 --no-normalize message-ids
              mailtap diff a.mailtap b.mailtap --normalize 'ticket=TICKET-[0-9]+'
            """
    }
}
