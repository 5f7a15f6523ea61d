import MailTapCore

/// Brings a server to TLS on MailTap's own account, before the client has a word: greeting, EHLO, STARTTLS, or STLS.
struct ServerUpgrade: Sendable {
    /// What came of the server's latest line.
    enum Outcome: Sendable, Equatable {
        /// More lines are to come.
        case goesOn
        /// This is to be said to the server.
        case says([UInt8])
        /// The server agreed.
        case agreed
        /// The server greets with a refusal, which is for the client to hear.
        case refusedAll
        /// There will be no TLS, for this reason.
        case failed(String)
    }

    private enum State { case greeting, capabilities, request }

    private var proto: MailProtocol?
    private var state = State.greeting
    private var line: [UInt8] = []
    private var offers = false
    /// The greeting as it came, for the client.
    private(set) var greeting: [UInt8] = []

    /// RFC 5321 section 4.5.3.1.5 allows 512 octets; more than this is no reply.
    private static let longestLine = 4_096

    /// - Parameter proto: what is spoken; nil: the greeting tells.
    init(_ proto: MailProtocol?) { self.proto = proto }

    /// Whether what comes is the greeting.
    var isGreeting: Bool { state == .greeting }

    /// Takes one octet of the server's; an outcome other than `goesOn` stands at the end of a reply.
    mutating func receive(_ octet: UInt8) -> Outcome {
        if state == .greeting { greeting.append(octet) }
        line.append(octet)
        guard octet == 10 else {
            return line.count > Self.longestLine ? .failed("the server's reply has no end") : .goesOn
        }
        defer { line = [] }
        switch proto ?? (line.first == UInt8(ascii: "+") || line.first == UInt8(ascii: "-") ? .pop3 : .smtp) {
        case .smtp: return smtpLine()
        case .pop3: return pop3Line()
        case .imap: return .failed("MailTap itself asks for TLS in SMTP and POP3 only")
        }
    }

    private mutating func smtpLine() -> Outcome {
        proto = .smtp
        let code = String(decoding: line.prefix(3), as: UTF8.self)
        let isLast = line.count < 4 || line[3] != UInt8(ascii: "-")
        if state == .capabilities, code == "250", TLSCommand.isOffer(line.dropFirst(4), "STARTTLS") { offers = true }
        guard isLast else { return .goesOn }
        switch state {
        case .greeting:
            guard code.hasPrefix("2") else { return .refusedAll }
            state = .capabilities
            return .says(Array("EHLO [127.0.0.1]\r\n".utf8))
        case .capabilities:
            guard offers else { return .failed("the server does not offer STARTTLS") }
            state = .request
            return .says(Array("STARTTLS\r\n".utf8))
        case .request:
            return code == "220" ? .agreed : .failed("the server answers STARTTLS with \(code)")
        }
    }

    private mutating func pop3Line() -> Outcome {
        proto = .pop3
        let isPositive = line.starts(with: "+OK".utf8)
        switch state {
        case .greeting:
            guard isPositive else { return .refusedAll }
            state = .request
            return .says(Array("STLS\r\n".utf8))
        case .capabilities, .request:
            return isPositive ? .agreed : .failed("the server answers STLS with -ERR")
        }
    }
}
