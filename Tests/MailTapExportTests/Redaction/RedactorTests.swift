import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapExport

@Suite struct RedactorTests {
    private static let key = [UInt8](repeating: 7, count: 32)

    private func session(_ trace: Trace) -> (session: Session, contents: [[UInt8]]) {
        var options = SessionOptions()
        options.keepsContent = true
        let builder = SessionBuilder(trace.info, options: options)
        trace.play(into: builder)
        return (builder.session, builder.contents)
    }

    private func redacted(_ trace: Trace, key: [UInt8] = key) -> Trace {
        var redactor = Redactor(key: key)
        return redactor.redact(trace)
    }

    /// A text, and what stands in it encoded: base64 words, encoded-words and quoted-printable.
    private func withDecodings(_ octets: [UInt8]) -> String {
        var texts = [octets]
        for word in octets.split(whereSeparator: { $0 <= 32 || [34, 39, 40, 41, 60, 62, 63, 59].contains($0) }) {
            texts.append(Base64.decodeTolerantly(word))
        }
        let joined = octets.split(separator: 10).map { $0.last == 13 ? $0.dropLast() : $0 }
        texts.append(TransferForm.hexadecimal(octets, mark: UInt8(ascii: "="), softLineEnds: true).decoded)
        texts.append(TransferForm.hexadecimal(octets, mark: UInt8(ascii: "%")).decoded)
        texts.append(TransferForm.hexadecimal(octets, mark: UInt8(ascii: "+")).decoded)
        texts.append(Base64.decodeTolerantly(joined.joined()))
        return texts.map { String(decoding: $0, as: UTF8.self).lowercased() }.joined(separator: "\n")
    }

    @Test func `no name, address or word of the content is left, in clear or encoded`() {
        let trace = redacted(RedactionSample.trace)
        var everything = "\(trace.info)"
        for side in Side.allCases { everything += withDecodings(StreamOctets(trace).all(side)) }
        for word in RedactionSample.words where everything.lowercased().contains(word.lowercased()) {
            Issue.record("\(word) is still there")
        }
        // The check itself finds what is there.
        let before = withDecodings(StreamOctets(RedactionSample.trace).all(.client))
        #expect(RedactionSample.words.filter { before.contains($0.lowercased()) }.count > 20)
    }

    @Test func `verbs, statuses, capabilities, sizes and MIME parts stay`() throws {
        let (old, _) = session(RedactionSample.trace)
        let (new, _) = session(redacted(RedactionSample.trace))
        #expect(new.exchanges.map(\.reply?.status) == old.exchanges.map(\.reply?.status))
        #expect(new.exchanges.map(\.reply?.enhanced) == old.exchanges.map(\.reply?.enhanced))
        let known = old.exchanges.indices.filter { old.exchanges[$0].command?.verb != "DORMOUSE" }
        #expect(known.map { new.exchanges[$0].command?.verb } == known.map { old.exchanges[$0].command?.verb })
        let capabilities = { (session: Session) in
            session.exchanges[1].reply?.lines.dropFirst().map { $0.text().text }
        }
        #expect(capabilities(new) == capabilities(old))
        #expect(new.clientBytes == old.clientBytes && new.serverBytes == old.serverBytes)
        #expect(new.messages.count == 1)
        let (was, message) = (try #require(old.messages.first), try #require(new.messages.first))
        #expect(message.bytes == was.bytes)
        #expect(message.sha256 != was.sha256)
        #expect(message.complete && message.accepted == true)
        #expect(message.content.parts.map(\.type) == was.content.parts.map(\.type))
        #expect(message.content.parts.map(\.type) == ["text/plain", "application/pdf", "text/html", "text/plain"])
        #expect(message.content.parts.map(\.bytes) == was.content.parts.map(\.bytes))
        #expect(message.content.parts.map(\.charset) == was.content.parts.map(\.charset))
        #expect(message.content.facts.defects == was.content.facts.defects)
        #expect(message.content.date == was.content.date)
        #expect(message.to.count == 1 && message.rejected.count == 1)
        #expect(message.content.subject?.unicodeScalars.count == was.content.subject?.unicodeScalars.count)
    }

    @Test func `the same name is the same pseudonym wherever it stands`() throws {
        let (new, contents) = session(redacted(RedactionSample.trace))
        let from = try #require(new.messages.first?.from)
        let content = String(decoding: try #require(contents.first), as: UTF8.self)
        #expect(content.contains("<\(from)>"))
        let name = try #require(new.info.server.name)
        #expect(new.exchanges[0].reply?.lines.first?.text().text.hasPrefix(name + " ESMTP Postfix (") == true)
        #expect(
            new.exchanges[1].reply?.lines.first?.text().text.contains("[\(try #require(new.info.server.address))]")
                == true)
        let refused = try #require(new.messages.first?.rejected.first)
        #expect(
            new.exchanges.contains {
                $0.reply?.lines.first?.text().text.hasPrefix(
                    "5.1.1 <\(refused)>: Recipient address rejected: User unknown") == true
            })
    }

    @Test func `another key gives other pseudonyms, the same key the same`() {
        #expect(redacted(RedactionSample.trace) == redacted(RedactionSample.trace))
        #expect(
            redacted(RedactionSample.trace) != redacted(RedactionSample.trace, key: [UInt8](repeating: 8, count: 32)))
    }

    @Test(arguments: [1, 7, 100])
    func `how octets came in pieces makes no difference`(_ size: Int) {
        let whole = StreamOctets(redacted(RedactionSample.trace))
        let cut = StreamOctets(redacted(RedactionSample.trace.cut(into: size)))
        for side in Side.allCases { #expect(cut.all(side) == whole.all(side)) }
    }

    @Test func `certificates name nobody`() {
        var trace = RedactionSample.trace
        let shown = TLSMark.Certificate(
            subject: "CN=cheshire.wonderland.example", issuer: "O=Wonderland", names: ["cheshire.wonderland.example"],
            notBefore: Timestamp(nanoseconds: 1), notAfter: Timestamp(nanoseconds: 2), sha256: "c0ffee")
        let leg = TLSMark.Leg(certificateNames: shown.names, chain: [shown])
        trace.entries.append(
            (trace.ended, .mark(.tls(TLSMark(start: .starttls, isDecrypted: true, client: leg, upstream: leg)))))
        let marks = redacted(trace).entries.compactMap { entry -> TLSMark? in
            if case .mark(.tls(let tls)) = entry.entry { tls } else { nil }
        }
        let text = "\(marks)".lowercased()
        #expect(marks.last?.upstream?.chain.first?.notAfter == shown.notAfter)
        #expect(!text.contains("wonderland") && !text.contains("c0ffee"), "\(text)")
    }

    @Test func `what was replaced is listed`() {
        var redactor = Redactor(key: Self.key)
        _ = redactor.redact(RedactionSample.trace)
        let listed = redactor.log.entries.map { (kind: $0.kind, text: String(decoding: $0.original, as: UTF8.self)) }
        #expect(listed.contains { $0.kind == .mailbox && $0.text == "alice@wonderland.example" })
        #expect(listed.contains { $0.kind == .host && $0.text == "cheshire.wonderland.example" })
        #expect(listed.contains { $0.kind == .address && $0.text == "203.0.113.77" })
        #expect(listed.contains { $0.kind == .user && $0.text == "queenofhearts" })
        #expect(redactor.log.messages == 1)
    }

    @Test func `loopback stays loopback, other addresses keep their length`() {
        var names = Pseudonyms(key: Self.key)
        for text in ["127.0.0.1", "192.0.2.7", "10.1.200.99", "2001:db8::7:abc", "fe80::1", "::ffff:192.0.2.1"] {
            guard let address = IPAddress(text) else { continue }
            let new = names.address(address)
            #expect(new != address)
            #expect(new.description.count == address.description.count)
            #expect(new.isIPv4 == address.isIPv4)
            #expect(names.address(address) == new)
        }
        #expect(IPAddress("127.0.0.1").map { names.address($0).isLoopback } == true)
        #expect(IPAddress("0.0.0.0").map { names.address($0).description } == "0.0.0.0")
    }

    @Test(
        arguments: [
            ("call +49 89 123456 now", "+49 89 123456"), ("5.7.1 blocked, (555) 010-0199.", "(555) 010-0199"),
            ("see 1-800-555-0199", "1-800-555-0199"), ("at 08912345678!", "08912345678"),
            ("or 030/1234567", "030/1234567"),
            ("limit is 10240000 octets", ""), ("on 2026-11-25 21:30:00", ""), ("3 1234567", ""),
            ("wait 300 seconds", ""),
            ("5.1.1 550 5.7.26", ""), ("[192.0.2.1]:25", ""),
        ] as [(String, String)])
    func `telephone numbers in what a server says are replaced, other numbers stay`(text: String, number: String) {
        var names = Pseudonyms(key: Self.key)
        let octets = Array(text.utf8)
        let found = PhoneText.range(in: octets).map { String(decoding: octets[$0], as: UTF8.self) }
        #expect(found ?? "" == number)
        let new = String(decoding: names.prose(octets), as: UTF8.self)
        #expect(new.utf8.count == octets.count)
        if !number.isEmpty { #expect(!new.contains(number)) }
    }

    @Test func `whatever is said keeps its length`() {
        var random = SeededGenerator(seed: 15)
        var names = Pseudonyms(key: Self.key)
        for _ in 0..<2_000 {
            let alphabet = Array("aZ09 .@<>=?_-:;\"\\()[]%+\r\n\t,*'".utf8) + [0, 0x1B, 0xC3, 0xA4, 0xE2, 0xFF]
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            #expect(names.words(text).count == text.count)
            #expect(names.prose(text).count == text.count)
            #expect(names.saslToken(text).count == text.count)
            #expect(names.saslToken(Base64.encode(text)).count == Base64.encode(text).count)
            #expect(EncodedWordRedaction.redacted(text, by: &names).count == text.count)
            #expect(FieldParameters(text[...]).redacted(by: &names).count == text.count)
            #expect(MessageRedaction.redacted(text, by: &names).count == text.count)
            for verb in SMTPVerb.allCases { #expect(names.smtpCommand(text, verb).count == text.count) }
            for verb in POP3Verb.allCases {
                #expect(names.pop3Command(text, verb).count == text.count)
                #expect(names.pop3Listing(text, verb).count == text.count)
            }
            #expect(OpaqueRedaction.redacted(text[...], by: &names).count == text.count)
        }
    }

    @Test func `what opens a tunnel keeps its form and loses its addresses`() {
        let openings: [(octets: [UInt8], gone: [UInt8])] = [
            (Array("PROXY TCP4 192.0.2.7 192.0.2.25 50112 25\r\n".utf8), Array("192.0.2.7".utf8)),
            (Array("CONNECT mail.wonderland.example:25 HTTP/1.1\r\nHost: x\r\n\r\n".utf8), Array("wonderland".utf8)),
            (
                [
                    13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12, 192, 0, 2, 7, 192, 0, 2, 25, 1, 2,
                    0, 25,
                ],
                [192, 0, 2, 7]
            ),
            ([5, 1, 0, 3, 10] + Array("wonderland".utf8) + [0, 25], Array("wonderland".utf8)),
            ([5, 1, 0, 1, 192, 0, 2, 7, 0, 25], [192, 0, 2, 7]),
            ([4, 1, 0, 25, 192, 0, 2, 7] + Array("alice".utf8) + [0], Array("alice".utf8)),
        ]
        for (octets, gone) in openings {
            var names = Pseudonyms(key: Self.key)
            let new = PreambleRedaction.redacted(octets[...], by: &names)
            #expect(new.count == octets.count)
            #expect(new.prefix(4) == octets.prefix(4))
            #expect(octets.firstRange(of: gone) != nil)
            #expect(new.firstRange(of: gone) == nil)
        }
    }

    @Test func `of TLS the form and the facts stay, the name does not`() {
        let name = Array("cheshire.example".utf8)
        let list = [0] + Self.counted(name, 2)
        let extensions = [0, 0] + Self.counted(Self.counted(list, 2), 2)
        let body =
            [3, 3] + [UInt8](repeating: 9, count: 32) + [0] + Self.counted([0x13, 0x01], 2) + [1, 0]
            + Self.counted(extensions, 2)
        let hello = [1] + Self.counted(body, 3)
        let record = [22, 3, 1] + Self.counted(hello, 2) + [23, 3, 3] + Self.counted(Array("secret text".utf8), 2)
        var names = Pseudonyms(key: Self.key)
        let new = OpaqueRedaction.redacted(record[...], by: &names)
        #expect(new.count == record.count)
        #expect(new[..<6] == record[..<6])
        #expect(!String(decoding: new, as: UTF8.self).contains("cheshire"))
        #expect(String(decoding: new, as: UTF8.self).contains(String(decoding: names.words(name), as: UTF8.self)))
        #expect(!String(decoding: new, as: UTF8.self).contains("secret"))
    }

    private static func counted(_ octets: [UInt8], _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: octets.count >> (8 * (width - 1 - $0))) } + octets
    }
}
