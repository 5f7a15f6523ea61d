import MailTapAnalysis
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

    private static var filter: String {
        let fields = SessionFilter.fields.map { "  \($0.name.padded(to: 24)) \($0.meaning)" }.joined(separator: "\n")
        return """
            A filter chooses sessions: mailtap list today.mailtap --filter 'EXPRESSION'.

            EXPRESSIONS
              FIELD                    the session has it
              FIELD == VALUE           also != < <= > >= (eq ne lt le gt ge)
              FIELD contains TEXT      case aside
              FIELD matches REGEX      case aside; also ~
              FIELD in {A, B}          one of these
              and && or || not ! ( )   two expressions side by side mean and

              Fields of an exchange that are joined by and speak of the same exchange: a RCPT that was refused is
              smtp.req.command == "RCPT" && smtp.response.code >= 500. A negation speaks of the whole session:
              !(smtp.req.command == "AUTH") chooses those in which nobody logged in.

            SHORT FORMS
              from:TEXT to:TEXT subject:TEXT   parts of the envelope's or the header's addresses, of the subject
              has:attachment has:findings      what it has
              is:failed is:encrypted           something was refused or it did not end with QUIT; TLS
              before:TIME after:TIME           2026-11-23 or 2026-11-23T06:00:00Z
              larger:SIZE smaller:SIZE         of a message: 500K, 10M
              rule:ID severity:NAME side:NAME  of a finding

            FIELDS
            \(fields)

            EXAMPLES
              mailtap list office.pcap -f 'smtp.req.command == "RCPT" && smtp.response.code >= 500'
              mailtap export today.mailtap --format eml -o out -f 'from:alice has:attachment larger:1M'
              mailtap analyze office.pcap -f 'ip.addr == 192.0.2.25 and is:failed'
            """
    }

    private static var rules: String {
        let lines = RuleBook.all.map {
            "\($0.id.padded(to: 34)) \($0.severity.rawValue.padded(to: 8)) \($0.aspect.rawValue.padded(to: 16)) \($0.title)"
        }
        return lines.joined(separator: "\n")
    }

    private static func describe(_ rule: Rule) -> String {
        """
        \(rule.id): \(rule.title)

        \(rule.severity.rawValue), \(rule.aspect.rawValue)\(rule.side.map { ", by the \($0)" } ?? ""); \(rule.reference)

        \(rule.explanation)

        What to do: \(rule.remedy)
        """
    }

    private static var normalizers: String {
        let rules = Normalizer.builtins.map { "  \($0.name.padded(to: 20)) \($0.summary)" }.joined(separator: "\n")
        return """
            Rules that say what may vary from one time to the next without being a difference, for replay and diff.

            \(rules)

            All of them apply by default, none with --compare exact. --normalize NAME adds one, --no-normalize NAME
            takes one away, all for every one. --normalize NAME=REGEX adds a rule of your own: what matches may vary.
            The report names the rules that made something equal.

            EXAMPLES
              mailtap diff a.mailtap b.mailtap --compare exact --normalize queue-ids --normalize dates
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525 --no-normalize message-ids
              mailtap diff a.mailtap b.mailtap --normalize 'ticket=TICKET-[0-9]+'
            """
    }
}
