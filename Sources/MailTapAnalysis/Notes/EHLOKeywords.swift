/// What each EHLO keyword offers (RFC 5321 section 4.1.1.1 and the IANA registry of SMTP extensions).
public enum EHLOKeywords {
    private static let meanings: [String: (offer: String, reference: String)] = [
        "8BITMIME": ("the body may hold octets above 127", "RFC 6152"),
        "ATRN": ("a client that dials in may turn the connection round to fetch its mail", "RFC 2645"),
        "AUTH": ("clients may log in", "RFC 4954"),
        "BINARYMIME": ("the body may be binary, lines or none, when sent by BDAT", "RFC 3030"),
        "BURL": ("content may be fetched from an IMAP server by its URL", "RFC 4468"),
        "CHECKPOINT": ("a transaction that was cut off may be taken up again", "RFC 1845"),
        "CHUNKING": ("content may come in counted chunks (BDAT) in place of DATA", "RFC 3030"),
        "CONNEG": ("recipients' media capabilities are told", "RFC 4141"),
        "CONPERM": ("content may be converted on the way", "RFC 4141"),
        "DELIVERBY": ("a message may carry the time by which it must be delivered", "RFC 2852"),
        "DSN": ("senders may ask for delivery status notifications", "RFC 3461"),
        "ENHANCEDSTATUSCODES": ("replies carry enhanced status codes", "RFC 2034"),
        "ETRN": ("a client may start the queue for a domain", "RFC 1985"),
        "EXPN": ("mailing lists may be expanded", "RFC 5321 section 4.1.1.7"),
        "FUTURERELEASE": ("a message may be held until a given time", "RFC 4865"),
        "HELP": ("there is help", "RFC 5321 section 4.1.1.8"),
        "LIMITS": ("the server tells its limits", "RFC 9422"),
        "MT-PRIORITY": ("messages may carry a priority", "RFC 6710"),
        "MTRK": ("messages may be tracked", "RFC 3885"),
        "NO-SOLICITING": ("unsolicited bulk mail of these classes is not wanted", "RFC 3865"),
        "ONEX": ("one transaction only", "an old Sendmail extension"),
        "PIPELINING": ("commands may be sent without waiting for each reply", "RFC 2920"),
        "PRDR": ("each recipient may accept or refuse the content", "draft-hall-prdr"),
        "REQUIRETLS": ("a message may demand TLS on its whole way", "RFC 8689"),
        "RRVS": ("a recipient may be required to have kept its owner since a given time", "RFC 7293"),
        "SAML": ("messages may go to terminal and mailbox", "RFC 821 section 3.4"),
        "SEND": ("messages may go to a terminal", "RFC 821 section 3.4"),
        "SIZE": ("a message's size may be declared beforehand", "RFC 1870"),
        "SMTPUTF8": ("addresses and header fields may be in UTF-8", "RFC 6531"),
        "SOML": ("messages may go to a terminal or mailbox", "RFC 821 section 3.4"),
        "STARTTLS": ("the connection may be encrypted from here", "RFC 3207"),
        "SUBMITTER": ("a client may name who is responsible for a message", "RFC 4405"),
        "TURN": ("the two may exchange their roles", "RFC 821 section 3.8"),
        "UTF8SMTP": ("internationalized addresses, as an experiment that SMTPUTF8 replaced", "RFC 5336"),
        "VERB": ("the server may tell more", "an old Sendmail extension"),
        "VRFY": ("addresses may be verified", "RFC 5321 section 4.1.1.6"),
        "X-ANONYMOUSTLS": ("encryption between Exchange servers", "Microsoft Exchange"),
        "X-EXPS": ("authentication between Exchange servers", "Microsoft Exchange"),
        "X-LINK2STATE": ("link states between Exchange servers", "Microsoft Exchange"),
        "XCLIENT": ("a trusted proxy may say who the real client is", "Postfix XCLIENT_README"),
        "XEXCH50": ("Exchange's own message properties", "Microsoft Exchange"),
        "XFORWARD": ("a content filter may pass on who the real client was", "Postfix XFORWARD_README"),
        "XRDST": ("Exchange's own routing data", "Microsoft Exchange"),
        "XVERP": ("variable envelope return paths", "Postfix VERP_README"),
        "VERP": ("variable envelope return paths", "Postfix VERP_README"),
    ]

    /// What a line of an EHLO answer behind the first offers, with its arguments and reference.
    ///
    /// - Parameter line: the text behind the reply code, such as `SIZE 10240000`.
    /// - Returns: one sentence; for a keyword that is not known, one that says so.
    public static func capabilityNote(_ line: String) -> String {
        guard let capability = Capability(line: line) else { return "An empty line" }
        let keyword = ShownText.of(capability.keyword)
        guard let known = meanings[capability.keyword] else {
            return keyword.hasPrefix("X")
                ? "\(keyword): a private extension, not known here (RFC 5321 section 4.1.5)"
                : "\(keyword): an extension that is not known here"
        }
        let arguments = details(capability).map { ": \($0)" } ?? ""
        return "\(keyword): \(known.offer)\(arguments) (\(known.reference))"
    }

    /// The words of the registry that are known.
    public static var known: [String] { meanings.keys.sorted() }

    /// Whether the keyword is known.
    static func isKnown(_ keyword: String) -> Bool { meanings[keyword] != nil }

    private static func details(_ capability: Capability) -> String? {
        guard let first = capability.arguments.first else {
            return capability.keyword == "SIZE" ? "no limit is told" : nil
        }
        let all = ShownText.of(capability.arguments.joined(separator: " "))
        switch capability.keyword {
        case "SIZE":
            guard let size = UInt64(first) else { return all }
            return size == 0 ? "no fixed limit" : "at most \(size) octets"
        case "AUTH":
            return "by " + mechanisms(capability.arguments)
        case "DELIVERBY": return "not below \(ShownText.of(first)) seconds"
        case "FUTURERELEASE":
            guard capability.arguments.count > 1 else { return all }
            return "up to \(ShownText.of(first)) seconds, no later than \(ShownText.of(capability.arguments[1]))"
        case "LIMITS": return limits(capability.arguments)
        default: return all
        }
    }

    /// SASL mechanisms, each with its document.
    static func mechanisms(_ names: [String]) -> String {
        names.prefix(20).map { name in
            let reference = SASLSteps.mechanism(name.uppercased())?.reference
            return ShownText.of(name.uppercased()) + (reference.map { " (\($0))" } ?? "")
        }.joined(separator: ", ")
    }

    /// RFC 9422 section 4.
    private static func limits(_ arguments: [String]) -> String {
        arguments.prefix(8).map { argument in
            let fields = argument.split(separator: "=", maxSplits: 1)
            guard fields.count == 2 else { return ShownText.of(argument) }
            let value = ShownText.of(fields[1])
            switch fields[0].uppercased() {
            case "MAILMAX": return "\(value) mails a session"
            case "RCPTMAX": return "\(value) recipients a mail"
            case "RCPTDOMAINMAX": return "\(value) recipient domains a mail"
            default: return ShownText.of(argument)
            }
        }.joined(separator: ", ")
    }
}
