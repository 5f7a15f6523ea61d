import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Sessions that the exporters' tests share.
enum Samples {
    static func wire(_ text: String) -> WireText { WireText(Array(text.utf8)) }

    static func exchange(
        _ at: Int64, _ verb: String?, _ line: String = "", _ status: UInt16 = 250, _ lines: [String] = [],
        enhanced: String? = nil, note: String? = nil
    ) -> Exchange {
        var exchange = Exchange()
        exchange.at = at * 1_000_000
        if let verb { exchange.command = Command(verb: verb, line: wire(line)) }
        var reply = Reply(status: ReplyStatus(rawValue: status), lines: lines.map(wire))
        reply.enhanced = enhanced
        reply.latency = verb == nil ? at * 1_000_000 : 300_000
        reply.at = exchange.at + (verb == nil ? 0 : 300_000)
        reply.isComplete = true
        exchange.reply = reply
        exchange.note = note
        return exchange
    }

    static let info = SessionInfo(
        source: "office.pcap", client: Endpoint(address: IPAddress("192.0.2.7"), port: 50112),
        server: Endpoint(address: IPAddress("192.0.2.25"), port: 25, name: "mail.example.org"),
        started: Timestamp(nanoseconds: 1_795_413_662_123_456_789))

    static let content = Array("Subject: Lunch on Friday\r\n\r\nThree tables.\r\n".utf8)

    /// A mail with an attachment, sent with AUTH PLAIN, one recipient refused.
    static var smtp: Session {
        var session = Session(info: info)
        session.number = 1
        session.proto = .smtp
        session.duration = 412_345_000
        session.clientBytes = 812
        session.serverBytes = 455
        session.ending = .quit
        var login = exchange(
            3, "AUTH", "AUTH PLAIN AHRlc3QAc2VjcmV0", 235, ["2.7.0 Authentication successful"], enhanced: "2.7.0",
            note: "Log in as test with SASL PLAIN (RFC 4616)")
        login.command?.line.secrets = [WireText.Secret(range: 11..<27, kind: .plain)]
        var data = exchange(8, "*data", "", 250, ["2.0.0 Ok: queued as 4F1A2"], enhanced: "2.0.0")
        data.message = 0
        session.exchanges = [
            exchange(0, nil, "", 220, ["mail.example.org ESMTP Postfix"], note: "The server greets"),
            exchange(
                1, "EHLO", "EHLO client.example", 250,
                ["mail.example.org", "PIPELINING", "SIZE 10240000", "AUTH PLAIN LOGIN"],
                note: "Greet as client.example and ask for the extensions (RFC 5321 section 4.1.1.1)"),
            login,
            exchange(
                5, "MAIL", "MAIL FROM:<a@example.org> SIZE=1200", 250, ["2.1.0 Ok"], enhanced: "2.1.0",
                note: "Start a mail from a@example.org, 1200 octets declared (RFC 1870)"),
            exchange(
                6, "RCPT", "RCPT TO:<b@example.net>", 250, ["2.1.5 Ok"], enhanced: "2.1.5", note: "To b@example.net"),
            exchange(
                6, "RCPT", "RCPT TO:<nobody@example.net>", 550,
                ["5.1.1 <nobody@example.net>: Recipient address rejected: User unknown in local recipient table"],
                enhanced: "5.1.1", note: "To nobody@example.net"),
            exchange(7, "DATA", "DATA", 354, ["End data with <CR><LF>.<CR><LF>"], note: "Ask to send the content"),
            data,
            exchange(9, "QUIT", "QUIT", 221, ["2.0.0 Bye"], enhanced: "2.0.0", note: "Say goodbye"),
        ]
        var message = Message(kind: .data)
        message.bytes = UInt64(content.count)
        message.digest = digest(0xABAB_ABAB_ABAB_ABAB)
        message.exchange = 7
        message.from = "a@example.org"
        message.to = ["b@example.net"]
        message.rejected = ["nobody@example.net"]
        message.accepted = true
        message.complete = true
        message.content.subject = "Lunch on Friday"
        message.content.messageID = "1@example.org"
        message.content.parts = [
            MessagePart(type: "text/plain", charset: "utf-8", bytes: 900, digest: digest(0)),
            MessagePart(type: "image/png", filename: "cat.png", bytes: 12_034, digest: digest(0x1111_1111_1111_1111)),
        ]
        session.messages = [message]
        session.findings = [
            Finding(
                rule: "smtp.bare-lf", aspect: .syntax, severity: .error, side: .client, exchange: 7,
                text: "a line of the message ends with LF alone; servers disagree on where such a message ends",
                reference: "RFC 5321 section 2.3.8")
        ]
        return session
    }

    /// A digest that is the same number four times.
    private static func digest(_ word: UInt64) -> ContentDigest { ContentDigest(words: (word, word, word, word)) }

    /// A maildrop that is listed, one message fetched; under TLS.
    static var pop3: Session {
        var session = Session(info: info)
        session.number = 2
        session.proto = .pop3
        session.duration = 52_000_000
        session.ending = .quit
        session.tls = TLSMark(
            start: .starttls, isDecrypted: true,
            client: TLSMark.Leg(version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", sni: "mail.example.org"),
            upstream: TLSMark.Leg(
                version: "TLSv1.2", cipher: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", verified: false,
                problem: "self-signed certificate"))
        var list = exchange(4, "LIST", "LIST", 1, ["2 messages"])
        list.data = [wire("1 120"), wire("2 1048576")]
        var retrieve = exchange(5, "RETR", "RETR 1", 1, ["42 octets"], note: "Fetch message 1")
        retrieve.message = 0
        session.exchanges = [
            exchange(0, nil, "", 1, ["Dovecot ready."]),
            exchange(1, "STLS", "STLS", 1, ["Begin TLS"], note: "Ask for TLS (RFC 2595)"), list, retrieve,
            exchange(6, "QUIT", "QUIT", 1, ["Logging out."]),
        ]
        for index in 2..<5 { session.exchanges[index].isEncrypted = true }
        var message = Message(kind: .retr)
        message.bytes = 42
        message.exchange = 3
        message.complete = true
        message.content.subject = "Hello"
        session.messages = [message]
        return session
    }

    /// Octets that must never reach a terminal or a page as they are.
    static var hostile: Session {
        var session = Session(info: info)
        session.info.source = "<b>\u{1B}[2J.pcap"
        session.number = 3
        var first = exchange(0, "X", "X", 500, ["no"])
        first.command?.line = WireText(
            Array("X \u{1B}[31m\u{7}\u{9B}2J \u{202E}gnp.exe <script>alert(1)</script>".utf8))
        first.reply?.lines = [WireText(Array("caf".utf8) + [0xE9]), WireText(Array("=cmd|' /C calc'!A0".utf8))]
        first.note = "Not a command: <img src=x onerror=alert(1)>"
        session.exchanges = [first]
        var message = Message(kind: .data)
        message.content.subject = "</title><script>alert(2)</script>\r\nX: \u{1B}]0;pwned\u{7}"
        message.content.parts = [MessagePart(type: "text/html", filename: "../../etc/passwd\" onload=\"x")]
        session.messages = [message]
        session.exchanges[0].message = 0
        return session
    }

    /// Exports sessions as text.
    static func export(_ exporter: some Exporter, _ items: [ExportItem]) -> String {
        var exporter = exporter
        var out: [UInt8] = []
        exporter.begin(into: &out)
        for item in items { exporter.session(item, into: &out) }
        exporter.end(into: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
