import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What is left out because nobody sees it changes nothing else.
@Suite struct LeftOutTests {
    private static let octets = Array(
        """
        Subject: two parts\r
        Content-Type: multipart/mixed; boundary=b\r
        \r
        --b\r
        Content-Type: text/plain; charset=us-ascii\r
        \r
        gr\u{fc}n\r
        --b\r
        Content-Transfer-Encoding: base64\r
        \r
        aGV!sbG8=\r
        --b--\r

        """.utf8)

    private func session(_ options: SessionOptions) -> Session {
        let info = SessionInfo(
            source: "test", client: Endpoint(address: IPAddress("192.0.2.7"), port: 50_000),
            server: Endpoint(address: IPAddress("192.0.2.25"), port: 25), started: Timestamp(nanoseconds: 0),
            expecting: .smtp)
        let builder = SessionBuilder(info, options: options)
        let lines: [(Side, [UInt8])] = [
            (.server, Array("220 x\r\n".utf8)), (.client, Array("EHLO y\r\n".utf8)), (.server, Array("250 x\r\n".utf8)),
            (.client, Array("MAIL FROM:<a@example.org> SIZE=1\r\n".utf8)), (.server, Array("250 ok\r\n".utf8)),
            (.client, Array("RCPT TO:<b@example.net>\r\n".utf8)), (.server, Array("250 ok\r\n".utf8)),
            (.client, Array("DATA\r\n".utf8)), (.server, Array("354 go\r\n".utf8)),
            (.client, Self.octets + Array(".\r\n".utf8)), (.server, Array("250 ok\r\n".utf8)),
            (.client, Array("QUIT\r\n".utf8)), (.server, Array("221 bye\r\n".utf8)),
        ]
        for (index, (side, octets)) in lines.enumerated() {
            builder.receive(octets.span.bytes, from: side, at: Timestamp(nanoseconds: Int64(index) * 1_000_000))
        }
        builder.end(at: Timestamp(nanoseconds: 20_000_000))
        return builder.session
    }

    @Test func `what header fields say can be left out, and rules find the same`() throws {
        let fields = """
            Subject: one\r
            Subject: two\r
            Date: Mon, 23 Nov 2026 06:00:00 +0000\r
            Date: Mon, 23 Nov 2026 06:00:00 +0000\r
            From: a@example.org\r
            To: b@example.net\r
            Cc: c@example.net\r
            Reply-To: d@example.org\r
            Message-ID: <1@example.org>\r
            Received: from a by b; Mon, 23 Nov 2026 06:00:00 +0000\r
            DKIM-Signature: v=1; d=example.org\r
            List-Id: <l.example.org>\r
            Auto-Submitted: auto-replied\r
            \r
            text\r

            """
        func read(decoding: Bool) -> MessageContent {
            var scanner = MessageScanner(decodesFields: decoding)
            scanner.receive(Array(fields.utf8).span.bytes)
            return scanner.finish().content
        }
        let whole = read(decoding: true)
        #expect(whole.subject == "one" && whole.facts.receivedBy == ["b"] && whole.facts.list == ["list-id"])
        var expected = MessageContent()
        expected.messageID = "1@example.org"
        expected.parts = whole.parts
        expected.facts.hasHeaderSection = true
        (expected.facts.longestLine, expected.facts.bodyLines) = (whole.facts.longestLine, 1)
        (expected.facts.dateCount, expected.facts.fromCount, expected.facts.receivedCount) = (2, 1, 1)
        expected.facts.repeatedFields = ["date", "subject"]
        #expect(read(decoding: false) == expected)
        var options = SessionOptions()
        let findings = session(options).findings
        options.decodesFields = false
        #expect(session(options).findings == findings)
    }

    @Test func `notes, sums and digests of parts can be left out`() throws {
        let whole = session(SessionOptions())
        #expect(whole.overview != nil && whole.exchanges.allSatisfy { $0.note != nil })
        #expect(whole.findings.contains { $0.rule == "message.bad-base64" })
        #expect(whole.findings.contains { $0.rule == "message.charset-contradicted" })
        var options = SessionOptions()
        options.annotates = false
        options.sumsUp = false
        options.digestsParts = false
        let bare = session(options)
        var expected = whole
        expected.overview = nil
        for index in expected.exchanges.indices { expected.exchanges[index].note = nil }
        let parts = try #require(expected.messages.first).content.parts
        #expect(parts.count == 2 && parts.allSatisfy { $0.digest != nil })
        for index in parts.indices { expected.messages[0].content.parts[index].digest = nil }
        #expect(bare == expected)
    }

    @Test(arguments: [1, 7, 100, 100_000]) func `a message in pieces is the message`(size: Int) {
        let whole = MessageScanner.scan(Self.octets)
        let reading = MessageReading(digestsParts: true)
        for start in stride(from: 0, to: Self.octets.count, by: size) {
            reading.add(Array(Self.octets[start..<min(start + size, Self.octets.count)]))
            if start % 2 == 0 { reading.run() }
        }
        reading.close()
        if size == 7 { reading.run() }
        let read = reading.finish()
        #expect(read.sum == .digest(whole.digest))
        #expect(read.content.content == whole.content)
    }
}
