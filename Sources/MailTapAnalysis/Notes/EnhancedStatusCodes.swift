/// The meaning of enhanced status codes (RFC 3463 and the IANA registry that RFC 5248 opened).
public enum EnhancedStatusCodes {
    /// The subject and detail of a code, without its class: `1.1` means that the mailbox does not exist.
    private static let details: [String: (meaning: String, reference: String)] = [
        "0.0": ("nothing more is known", "RFC 3463 section 3.1"),
        "1.0": ("something about an address", "RFC 3463 section 3.2"),
        "1.1": ("the mailbox does not exist", "RFC 3463 section 3.2"),
        "1.2": ("the destination system does not exist or takes no mail", "RFC 3463 section 3.2"),
        "1.3": ("the mailbox address is not well-formed", "RFC 3463 section 3.2"),
        "1.4": ("the mailbox address fits more than one recipient", "RFC 3463 section 3.2"),
        "1.5": ("the recipient address is valid", "RFC 3463 section 3.2"),
        "1.6": ("the mailbox has moved and no forwarding address is known", "RFC 3463 section 3.2"),
        "1.7": ("the sender's address is not well-formed", "RFC 3463 section 3.2"),
        "1.8": ("the sender's system does not exist or takes no answers", "RFC 3463 section 3.2"),
        "1.9": ("relayed to a mailer that does not speak the extensions", "RFC 3886"),
        "1.10": ("the recipient's domain declares by a null MX that it takes no mail", "RFC 7505"),
        "2.0": ("something about the mailbox", "RFC 3463 section 3.3"),
        "2.1": ("the mailbox is disabled", "RFC 3463 section 3.3"),
        "2.2": ("the mailbox is full", "RFC 3463 section 3.3"),
        "2.3": ("the message is longer than the mailbox takes", "RFC 3463 section 3.3"),
        "2.4": ("the mailing list could not be expanded", "RFC 3463 section 3.3"),
        "3.0": ("something about the mail system", "RFC 3463 section 3.4"),
        "3.1": ("the mail system's storage is full", "RFC 3463 section 3.4"),
        "3.2": ("the system takes no mail now", "RFC 3463 section 3.4"),
        "3.3": ("the system lacks a feature that was asked for", "RFC 3463 section 3.4"),
        "3.4": ("the message is too big for the system", "RFC 3463 section 3.4"),
        "3.5": ("the system is not configured right", "RFC 3463 section 3.4"),
        "3.6": ("the priority that was asked for was changed", "RFC 6710"),
        "4.0": ("something about the network or routing", "RFC 3463 section 3.5"),
        "4.1": ("the host does not answer", "RFC 3463 section 3.5"),
        "4.2": ("the connection is bad or was cut", "RFC 3463 section 3.5"),
        "4.3": ("the directory server failed", "RFC 3463 section 3.5"),
        "4.4": ("no route could be found", "RFC 3463 section 3.5"),
        "4.5": ("the mail system is congested", "RFC 3463 section 3.5"),
        "4.6": ("a routing loop was found", "RFC 3463 section 3.5"),
        "4.7": ("the delivery time ran out", "RFC 3463 section 3.5"),
        "5.0": ("something about the protocol", "RFC 3463 section 3.6"),
        "5.1": ("the command is not valid, or not here", "RFC 3463 section 3.6"),
        "5.2": ("the command's syntax is wrong", "RFC 3463 section 3.6"),
        "5.3": ("too many recipients", "RFC 3463 section 3.6"),
        "5.4": ("the command's arguments are not valid", "RFC 3463 section 3.6"),
        "5.5": ("the protocol versions do not fit", "RFC 3463 section 3.6"),
        "5.6": ("the line of the authentication exchange is too long", "RFC 4954 section 6"),
        "6.0": ("something about the content or media", "RFC 3463 section 3.7"),
        "6.1": ("the media type is not supported", "RFC 3463 section 3.7"),
        "6.2": ("a conversion is needed and forbidden", "RFC 3463 section 3.7"),
        "6.3": ("a conversion is needed and not supported", "RFC 3463 section 3.7"),
        "6.4": ("a conversion lost something", "RFC 3463 section 3.7"),
        "6.5": ("the conversion failed", "RFC 3463 section 3.7"),
        "6.6": ("the message's content can't be fetched", "RFC 4468"),
        "6.7": ("non-ASCII addresses are not allowed for this sender or recipient", "RFC 6531 section 3.5"),
        "6.8": ("the answer needs UTF-8, which the client did not allow", "RFC 6531 section 3.5"),
        "6.9": ("a recipient's system can't take the message with UTF-8 header fields", "RFC 6531 section 3.5"),
        "6.10": ("the answer needs UTF-8, which the client did not allow (an old twin of 6.8)", "RFC 6531 section 3.5"),
        "7.0": ("something about security or policy", "RFC 3463 section 3.8"),
        "7.1": ("not authorized to do this; the message is refused by policy", "RFC 3463 section 3.8"),
        "7.2": ("not authorized to send to this mailing list", "RFC 3463 section 3.8"),
        "7.3": ("a security conversion is needed and not possible", "RFC 3463 section 3.8"),
        "7.4": ("the security features that were asked for are not supported", "RFC 3463 section 3.8"),
        "7.5": ("a cryptographic failure", "RFC 3463 section 3.8"),
        "7.6": ("the cryptographic algorithm is not supported", "RFC 3463 section 3.8"),
        "7.7": ("the message's integrity is broken", "RFC 3463 section 3.8"),
        "7.8": ("the credentials are not valid", "RFC 4954 section 6"),
        "7.9": ("the authentication mechanism is too weak", "RFC 4954 section 6"),
        "7.10": ("encryption is needed first", "RFC 5248 section 2.4"),
        "7.11": ("this authentication mechanism needs encryption", "RFC 4954 section 6"),
        "7.12": ("the password must be changed over to this mechanism first", "RFC 4954 section 6"),
        "7.13": ("the user's account is disabled", "RFC 5248 section 2.4"),
        "7.14": ("a trust relationship with another server is needed", "RFC 5248 section 2.4"),
        "7.15": ("the message's priority is too low to be taken now", "RFC 6710"),
        "7.16": ("the message is too big for its priority", "RFC 6710"),
        "7.17": ("the mailbox has had another owner since the time given", "RFC 7293"),
        "7.18": ("the domain has had another owner since the time given", "RFC 7293"),
        "7.19": ("whether the mailbox changed its owner can't be told", "RFC 7293"),
        "7.20": ("no DKIM signature passes", "RFC 7372 section 3.1"),
        "7.21": ("no DKIM signature is acceptable", "RFC 7372 section 3.1"),
        "7.22": ("no DKIM signature of the author's domain is valid", "RFC 7372 section 3.1"),
        "7.23": ("SPF says that the client may not send for this domain", "RFC 7372 section 3.2"),
        "7.24": ("SPF could not be evaluated", "RFC 7372 section 3.2"),
        "7.25": ("the client's address has no valid name in the reverse DNS", "RFC 7372 section 3.3"),
        "7.26": ("several authentication checks failed", "RFC 7372 section 3.4"),
        "7.27": ("the sender's domain declares by a null MX that it takes no mail", "RFC 7505"),
        "7.28": ("too much mail in too short a time", "the IANA registry"),
        "7.29": ("the ARC chain does not validate", "RFC 8617"),
        "7.30": ("the next server must support REQUIRETLS and does not", "RFC 8689"),
    ]

    private static let subjects = [
        "0": "0.0", "1": "1.0", "2": "2.0", "3": "3.0", "4": "4.0", "5": "5.0", "6": "6.0", "7": "7.0",
    ]

    /// What a code such as `5.1.1` means, with its reference; nil for what is no enhanced status code.
    ///
    /// A detail that is not registered is explained by its subject.
    public static func meaning(of code: String) -> (text: String, reference: String)? {
        let fields = code.split(separator: ".", maxSplits: 1)
        guard fields.count == 2 else { return nil }
        let outcome: String
        switch fields[0] {
        case "2": outcome = "success"
        case "4": outcome = "a failure that may pass"
        case "5": outcome = "a failure that stays"
        default: return nil
        }
        if let known = details[String(fields[1])] {
            return ("\(outcome): \(known.meaning)", known.reference)
        }
        let numbers = fields[1].split(separator: ".", omittingEmptySubsequences: false)
        if let known = numbers.first.flatMap({ subjects[String($0)] }).flatMap({ details[$0] }),
            !hasLeadingZero(numbers)
        {
            return ("\(outcome): \(known.meaning), with a detail that no registry knows", known.reference)
        }
        guard numbers.count == 2, let subject = Int(numbers[0]), let detail = Int(numbers[1]) else { return nil }
        if hasLeadingZero(numbers), let plain = meaning(of: "\(fields[0]).\(subject).\(detail)") {
            return ("\(plain.text), written with a leading zero, which is not allowed", "RFC 3463 section 2")
        }
        return ("\(outcome), about a subject that no registry knows", "RFC 3463 section 2")
    }

    private static func hasLeadingZero(_ numbers: [Substring]) -> Bool {
        numbers.contains { $0.count > 1 && $0.first == "0" }
    }

    /// Every registered subject and detail, for documentation.
    public static var registered: [String] { details.keys.sorted() }
}
