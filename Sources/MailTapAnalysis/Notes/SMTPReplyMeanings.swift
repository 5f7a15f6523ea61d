/// What an SMTP reply code means, in the context of its command (RFC 5321 sections 4.2.2, 4.2.3 and 4.3.2).
public enum SMTPReplyMeanings {
    private typealias Meaning = (text: String, reference: String)

    /// Codes by themselves.
    private static let general: [UInt16: Meaning] = [
        211: ("system status, or help", "RFC 5321 section 4.2.3"),
        214: ("help for a person", "RFC 5321 section 4.2.3"),
        220: ("the service is ready", "RFC 5321 section 4.2.3"),
        221: ("the service closes the connection", "RFC 5321 section 4.2.3"),
        235: ("the login succeeded", "RFC 4954 section 6"),
        250: ("done", "RFC 5321 section 4.2.3"),
        251: ("the user is not local; the message will be forwarded", "RFC 5321 section 3.4"),
        252: ("the user can't be verified, but the message will be tried", "RFC 5321 section 3.5.3"),
        253: ("pending messages are being started", "RFC 1985"),
        334: ("the server asks for the next response", "RFC 4954 section 4"),
        353: ("each recipient's verdict on the content follows, then one on the whole", "draft-hall-prdr"),
        354: ("send the content, ended by a line with a dot alone", "RFC 5321 section 4.1.1.4"),
        355: ("take the transaction up again at the given offset", "RFC 1845"),
        421: ("the service is not available and the connection closes", "RFC 5321 section 3.8"),
        432: ("the user's password must be changed over first", "RFC 4954 section 6"),
        450: ("the mailbox is not available now", "RFC 5321 section 4.2.3"),
        451: ("given up for an error in processing", "RFC 5321 section 4.2.3"),
        452: ("not enough storage, or too many recipients for now", "RFC 5321 section 4.5.3.1.10"),
        453: ("there is no mail for the domain", "RFC 2645"),
        454: ("not possible for a passing reason; the code is one of STARTTLS and AUTH", "RFC 5321 section 4.2.1"),
        455: ("the parameters can't be met now", "RFC 5321 section 4.1.1.11"),
        458: ("messages for the node can't be queued", "RFC 1985"),
        459: ("the node is not allowed", "RFC 1985"),
        500: ("the command is not recognised", "RFC 5321 section 4.2.4"),
        501: ("the parameters or arguments are wrong in form", "RFC 5321 section 4.2.3"),
        502: ("the command is not implemented", "RFC 5321 section 4.2.4"),
        503: ("the command is out of order", "RFC 5321 section 4.1.4"),
        504: ("the parameter is not implemented", "RFC 5321 section 4.2.3"),
        521: ("the host takes no mail", "RFC 7504 section 3"),
        523: ("the encryption is too weak", "RFC 5248 section 2.4"),
        524: ("the authentication mechanism is not acceptable", "RFC 5248 section 2.4"),
        525: ("the user's account is disabled", "RFC 5248 section 2.4"),
        530: ("log in, or encrypt, first", "RFC 4954 section 6"),
        534: ("the mechanism is too weak", "RFC 4954 section 6"),
        535: ("the credentials are not valid", "RFC 4954 section 6"),
        538: ("the mechanism needs encryption", "RFC 4954 section 6"),
        550: ("the mailbox is not available, or policy refuses", "RFC 5321 section 4.2.3"),
        551: ("the user is not local; the text may tell another address", "RFC 5321 section 3.4"),
        552: ("more storage would be needed than is allowed", "RFC 5321 section 4.5.3.1.10"),
        553: ("the mailbox name is not allowed", "RFC 5321 section 4.2.3"),
        554: ("the transaction failed", "RFC 5321 section 4.2.3"),
        555: ("the parameters of MAIL or RCPT are not recognised", "RFC 5321 section 4.1.1.11"),
        556: ("the domain takes no mail", "RFC 7504 section 4"),
    ]

    /// Codes whose meaning is another one behind their command.
    private static let contextual: [String: Meaning] = [
        " 220": ("the server greets and is ready", "RFC 5321 section 3.1"),
        " 421": ("the server has no time now; try later", "RFC 5321 section 3.8"),
        " 521": ("the host takes no mail at all", "RFC 7504 section 3"),
        " 554": ("the server refuses to serve this client; only QUIT is left", "RFC 5321 section 3.1"),
        "EHLO 250": ("the server knows the client and lists what it offers", "RFC 5321 section 4.1.1.1"),
        "LHLO 250": ("the server knows the client and lists what it offers", "RFC 2033 section 4.1"),
        "HELO 250": ("the server knows the client; no extensions", "RFC 5321 section 4.1.1.1"),
        "EHLO 421": ("the server has no time now; try later", "RFC 5321 section 3.8"),
        "EHLO 504": ("the client's name can't be taken", "RFC 5321 section 4.3.2"),
        "HELO 504": ("the client's name can't be taken", "RFC 5321 section 4.3.2"),
        "HELO 550": ("the client, or its name, is refused by policy", "RFC 5321 section 4.3.2"),
        "EHLO 500": ("the server is too old for extensions; HELO is left", "RFC 5321 section 3.2"),
        "EHLO 502": ("the server is too old for extensions; HELO is left", "RFC 5321 section 3.2"),
        "EHLO in LMTP 500": ("this is LMTP, where a client greets by LHLO", "RFC 2033 section 4.1"),
        "EHLO in LMTP 502": ("this is LMTP, where a client greets by LHLO", "RFC 2033 section 4.1"),
        "HELO in LMTP 500": ("this is LMTP, where a client greets by LHLO", "RFC 2033 section 4.1"),
        "HELO in LMTP 502": ("this is LMTP, where a client greets by LHLO", "RFC 2033 section 4.1"),
        "LHLO 500": ("the server does not know LHLO: it speaks no LMTP", "RFC 2033 section 4.1"),
        "LHLO 502": ("the server does not know LHLO: it speaks no LMTP", "RFC 2033 section 4.1"),
        "EHLO 550": ("policy refuses this client", "RFC 5321 section 4.3.2"),
        "STARTTLS 220": ("both begin TLS now", "RFC 3207 section 4"),
        "STARTTLS 454": ("TLS is not available for a passing reason", "RFC 3207 section 4"),
        "STARTTLS 501": ("STARTTLS takes no parameters", "RFC 3207 section 4"),
        "MAIL 250": ("the sender is accepted and the transaction open", "RFC 5321 section 3.3"),
        "MAIL 451": ("the sender can't be taken now", "RFC 5321 section 4.3.2"),
        "MAIL 452": ("not enough storage now", "RFC 1870 section 6.1"),
        "MAIL 550": ("the sender is refused", "RFC 5321 section 4.3.2"),
        "MAIL 552": ("the declared size is over the limit", "RFC 1870 section 6.1"),
        "MAIL 553": ("the sender's address is not allowed", "RFC 5321 section 4.3.2"),
        "MAIL 503": ("a transaction is open already, or no EHLO was said", "RFC 5321 section 4.1.4"),
        "MAIL 555": ("a parameter of MAIL is not recognised", "RFC 5321 section 4.1.1.11"),
        "RCPT 250": ("the recipient is accepted", "RFC 5321 section 3.3"),
        "RCPT 450": ("the recipient's mailbox is not available now, or greylisted", "RFC 5321 section 4.3.2"),
        "RCPT 451": ("the recipient can't be taken now", "RFC 5321 section 4.3.2"),
        "RCPT 452": ("too many recipients in one transaction, or no storage", "RFC 5321 section 4.5.3.1.10"),
        "RCPT 550": ("the recipient does not exist or is refused", "RFC 5321 section 3.3"),
        "RCPT 552": ("the recipient's storage is used up", "RFC 5321 section 4.5.3.1.10"),
        "RCPT 553": ("the recipient's address is not allowed", "RFC 5321 section 4.3.2"),
        "RCPT 503": ("MAIL must come first", "RFC 5321 section 3.3"),
        "RCPT 554": ("relaying or policy refuses the recipient", "RFC 5321 section 3.6.2"),
        "RCPT 555": ("a parameter of RCPT is not recognised", "RFC 5321 section 4.1.1.11"),
        "DATA 503": ("MAIL and RCPT must come first", "RFC 5321 section 3.3"),
        "DATA 554": ("there is no valid recipient", "RFC 5321 section 3.3"),
        "*data 250": ("the server has taken responsibility for the message", "RFC 5321 section 6.1"),
        "*data 450": ("the content is refused for now", "RFC 5321 section 4.3.2"),
        "*data 451": ("the content is refused for now", "RFC 5321 section 4.3.2"),
        "*data 452": ("not enough storage for the message", "RFC 5321 section 4.3.2"),
        "*data 550": ("policy refuses the content", "RFC 5321 section 4.3.2"),
        "*data 552": ("the message is bigger than is allowed", "RFC 1870 section 6.3"),
        "*data 554": ("the content is refused", "RFC 5321 section 4.3.2"),
        "BDAT 250": ("the chunk, or with LAST the message, is taken", "RFC 3030 section 2"),
        "BDAT 503": ("the chunk is out of order, or RSET is needed first", "RFC 3030 section 2"),
        "BDAT 552": ("the message is bigger than is allowed", "RFC 1870 section 6.3"),
        "BDAT 554": ("the content is refused", "RFC 3030 section 2"),
        "DATA 354": ("send the content, ended by a line with a dot alone", "RFC 5321 section 4.1.1.4"),
        "DATA 450": ("the content is refused for now", "RFC 5321 section 4.3.2"),
        "DATA 451": ("the content can't be taken now", "RFC 5321 section 4.3.2"),
        "DATA 550": ("policy refuses the content", "RFC 5321 section 4.3.2"),
        "RCPT 251": ("the recipient is not local, and the message will be forwarded", "RFC 5321 section 3.4"),
        "RCPT 551": ("the recipient is not local; the text may tell another address", "RFC 5321 section 3.4"),
        "MAIL 530": ("log in, or begin TLS, first", "RFC 4954 section 6"),
        "RSET 250": ("the transaction is forgotten", "RFC 5321 section 4.1.1.5"),
        "VRFY 250": ("the user is known", "RFC 5321 section 3.5.3"),
        "VRFY 251": ("the user is not local, and mail for it will be forwarded", "RFC 5321 section 3.4"),
        "VRFY 252": ("the user can't be verified, but mail for it will be tried", "RFC 5321 section 3.5.3"),
        "VRFY 502": ("the server does not verify users", "RFC 5321 section 4.2.4"),
        "VRFY 504": ("the argument is not taken", "RFC 5321 section 4.3.2"),
        "VRFY 551": ("the user is not local; the text may tell another address", "RFC 5321 section 3.4"),
        "EXPN 252": ("the list can't be expanded, but mail for it will be tried", "RFC 5321 section 3.5.3"),
        "EXPN 502": ("the server does not expand lists", "RFC 5321 section 4.2.4"),
        "EXPN 504": ("the argument is not taken", "RFC 5321 section 4.3.2"),
        "HELP 211": ("the state of the system", "RFC 5321 section 4.1.1.8"),
        "HELP 214": ("help for a person", "RFC 5321 section 4.1.1.8"),
        "HELP 504": ("there is no help on that", "RFC 5321 section 4.3.2"),
        "VRFY 550": ("the user is not known", "RFC 5321 section 3.5.3"),
        "VRFY 553": ("the name fits several users", "RFC 5321 section 3.5.1"),
        "EXPN 250": ("the members of the list", "RFC 5321 section 4.1.1.7"),
        "EXPN 550": ("there is no such list", "RFC 5321 section 4.1.1.7"),
        "NOOP 250": ("the server is there", "RFC 5321 section 4.1.1.9"),
        "AUTH 454": ("logins fail now for a passing reason", "RFC 4954 section 6"),
        "AUTH 501": ("the arguments are wrong in form, or the base64 is not valid", "RFC 4954 section 4"),
        "AUTH 503": ("login is done already, or not allowed inside a transaction", "RFC 4954 section 4"),
        "AUTH 504": ("the mechanism is not supported", "RFC 4954 section 4"),
        "*auth 501": ("the base64 is not valid, or the client gave up", "RFC 4954 section 4"),
        "*auth 454": ("logins fail now for a passing reason", "RFC 4954 section 6"),
        "*auth 500": ("the line is not recognised, or is too long", "RFC 5321 section 4.2.2"),
        "ETRN 250": ("the queue for the node is started", "RFC 1985"),
        "ETRN 251": ("there are no messages for the node", "RFC 1985"),
        "ETRN 252": ("pending messages for the node are started", "RFC 1985"),
        "ETRN 253": ("pending messages for the node are started, their number is told", "RFC 1985"),
        "ATRN 250": ("the roles are exchanged now", "RFC 2645"),
        "ATRN 450": ("the request is refused", "RFC 2645"),
        "TURN 250": ("the roles are exchanged now", "RFC 821 section 3.8"),
        "TURN 502": ("the roles stay; TURN can't be trusted", "RFC 5321 appendix F.1"),
        "XCLIENT 220": ("the session starts again under the given identity", "Postfix XCLIENT_README"),
        "QUIT 221": ("the connection closes", "RFC 5321 section 4.1.1.10"),
    ]

    /// What a reply code says to a command.
    ///
    /// - Parameters:
    ///   - code: three digits as a number.
    ///   - verb: the command's keyword in capitals, `*auth`, `*data`; empty for the greeting.
    /// - Returns: the meaning and its reference. A code that no RFC knows is explained by its first digit (RFC 5321
    ///   section 4.2.1); nil for what is no reply code.
    public static func meaning(of code: UInt16, to verb: String) -> (text: String, reference: String)? {
        let commandVerb = ["SEND", "SOML", "SAML"].contains(verb) ? "MAIL" : verb
        if let known = contextual["\(commandVerb) \(code)"] { return known }
        if let known = general[code] { return known }
        switch code / 100 {
        case 2: return ("success, by a code that no RFC known here defines", "RFC 5321 section 4.2.1")
        case 3: return ("the server waits for more, by a code that no RFC known here defines", "RFC 5321 section 4.2.1")
        case 4: return ("a failure that may pass, by a code that no RFC known here defines", "RFC 5321 section 4.2.1")
        case 5: return ("a failure that stays, by a code that no RFC known here defines", "RFC 5321 section 4.2.1")
        default: return nil
        }
    }

    /// Whether an RFC known here defines the code.
    public static func isKnown(_ code: UInt16) -> Bool { general[code] != nil }
}
