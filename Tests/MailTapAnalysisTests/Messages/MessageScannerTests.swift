import MailTapTesting
import Testing

@testable import MailTapAnalysis

@Suite struct MessageScannerTests {
    private func scan(_ text: String) -> MessageContent { MessageScanner.scan(Array(text.utf8)).content }

    private func digest(_ text: String) -> ContentDigest { MessageScanner.scan(Array(text.utf8)).digest }

    @Test func digestsAreSHA256() {
        #expect(digest("").text == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest("abc").text == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func plainMessage() {
        let text = "Subject: Hi\r\nMessage-ID: <1@x>\r\n\r\nBody\r\n"
        let result = MessageScanner.scan(Array(text.utf8))
        #expect(result.bytes == UInt64(text.utf8.count))
        #expect(result.digest == digest(text))
        #expect(result.content.subject == "Hi")
        #expect(result.content.messageID == "1@x")
        #expect(result.content.parts == [MessagePart(type: "text/plain", bytes: 6, digest: digest("Body\r\n"))])
        #expect(result.content.facts.longestLine == 17)
    }

    @Test func nothingAtAllHasNoPart() {
        #expect(MessageScanner.scan([]).content.parts.isEmpty)
        #expect(MessageScanner.scan([]).digest == digest(""))
    }

    @Test func headerSectionAloneHasAnEmptyPart() {
        #expect(scan("Subject:\r\n").parts.map(\.bytes) == [0])
        #expect(scan("Subject:\r\n").subject == "")
        #expect(scan("From: a@b\r\n").subject == nil)
    }

    static let nested = """
        Content-Type: multipart/mixed; boundary="out er"\r
        \r
        preamble\r
        --out er\r
        Content-Type: multipart/alternative; boundary=in\r
        \r
        --in\r
        Content-Type: text/plain; charset=UTF-8\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        caf=C3=A9 =\r
        ol=E9x\r
        --in\r
        Content-Type: text/html\r
        \r
        <p>\r
        \r
        --in--\r
        epilogue\r
        --out er\r
        Content-Type: application/pdf; name="=?utf-8?B?w6QucGRm?="\r
        Content-Disposition: attachment;\r
         filename*0*=iso-8859-1''%E4;\r
         filename*1=".pdf"\r
        Content-Transfer-Encoding: base64\r
        \r
        AAEC\r
        Aw==\r
        --out er\r
        Content-Type: message/rfc822\r
        \r
        Subject: inner\r
        \r
        inner body\r
        --out er--\r
        tail\r

        """

    @Test func nestedTree() {
        let parts = scan(Self.nested).parts
        #expect(parts.map(\.type) == ["text/plain", "text/html", "application/pdf", "text/plain"])
        #expect(parts.map(\.bytes) == [10, 5, 4, 10])
        #expect(parts.map(\.filename) == [nil, nil, "\u{E4}.pdf", nil])
        #expect(parts.map(\.charset) == ["utf-8", nil, nil, nil])
        #expect(parts[1].digest == digest("<p>\r\n"))
        #expect(scan(Self.nested).facts.defects == [.charsetContradicted])
    }

    @Test func chunkingMakesNoDifference() {
        let octets = Array(Self.nested.utf8) + Array("--out er\r\n\r\n".utf8)
        let whole = MessageScanner.scan(octets)
        for size in [1, 2, 3, 7, 64] {
            var scanner = MessageScanner()
            for start in stride(from: 0, to: octets.count, by: size) {
                let piece = Array(octets[start..<min(octets.count, start + size)])
                scanner.receive(piece.span.bytes)
            }
            let dripped = scanner.finish()
            #expect(dripped.sum == .digest(whole.digest))
            #expect(dripped.content == whole.content)
        }
    }

    /// Short stretches of what matters, so that every kind of line end meets every kind of cut.
    @Test func chunkingMakesNoDifferenceToAnyOctets() {
        let stretches = [
            "\r\n", "\n", "\r", "\r\n--b\r\n", "\n--b\n", "\r\n--b--\r\n", "-", "--", "a", "text of a line", " ",
            "\u{E9}", "\u{0}", "Content-Type: text/plain\r\n\r\n", "\r\n\r\n",
        ]
        var random = SeededGenerator(seed: 41)
        for _ in 0..<400 {
            var text =
                "Subject: x\r\nContent-Type: \(Bool.random() ? "multipart/mixed; boundary=b" : "text/plain")\r\n\r\n"
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                text += stretches[Int.random(in: 0..<stretches.count, using: &random)]
            }
            let octets = Array(text.utf8)
            let whole = MessageScanner.scan(octets)
            for largest in [1, 5, 40] {
                var scanner = MessageScanner()
                var rest = octets[...]
                while !rest.isEmpty {
                    let piece = Array(rest.prefix(Int.random(in: 1...largest, using: &random)))
                    rest = rest.dropFirst(piece.count)
                    scanner.receive(piece.span.bytes)
                }
                let dripped = scanner.finish()
                #expect(dripped.content == whole.content, "\(text.debugDescription)")
                #expect(dripped.sum == .digest(whole.digest))
            }
        }
    }

    @Test(arguments: [
        ("=?utf-8?Q?caf=C3=A9?=", "caf\u{E9}"), ("=?UTF-8?B?w6k=?= =?utf-8?q?_x?=", "\u{E9} x"),
        ("a =?iso-8859-1*fr?q?=E9?= b", "a \u{E9} b"),
        ("=?nowhere?q?=41?=", "=?nowhere?q?=41?="),
        ("=?koi8-r?B?8NLJ18XU?=", "\u{41F}\u{440}\u{438}\u{432}\u{435}\u{442}"),
        ("=?windows-1252?q?=80?=", "\u{20AC}"), ("1=2?=", "1=2?="), ("folded\r\n  twice", "folded  twice"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\u{E9}"), ("=?utf-8?b?!!!!?=", "=?utf-8?b?!!!!?="),
        ("=?utf-8?b?w6k?=", "\u{E9}"),
    ])
    func subjectsAreDecoded(raw: String, decoded: String) {
        #expect(scan("Subject: \(raw)\r\n\r\n").subject == decoded)
    }

    @Test func bareLineFeedsParseToo() {
        let content = scan("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n\n--b--\n")
        #expect(content.parts.map(\.bytes) == [3, 4])
    }

    @Test func defectsAreNamed() {
        #expect(scan("Subject: x\r\nno field\r\n").facts.defects == [.headerWithoutEnd])
        #expect(scan("Content-Type: multipart/mixed\r\n\r\nx").facts.defects == [.boundaryMissing])
        #expect(
            scan("Content-Type: multipart/mixed; boundary=b\r\n\r\nx").facts.defects == [.boundaryNotFound])
        let open = scan("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n")
        #expect(open.facts.defects == [.boundaryNotClosed])
        #expect(open.parts.map(\.bytes) == [1])
        #expect(scan("Content-Transfer-Encoding: base64\r\n\r\nAA!A").facts.defects == [.badBase64])
    }

    @Test func depthAndPartsAreBounded() {
        var deep = ""
        for level in 0..<200 { deep += "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n" }
        #expect(scan(deep).facts.defects.contains(.tooDeep))
        // What is not followed is not looked through for its boundary.
        #expect(!scan(deep).facts.defects.contains(.boundaryNotFound))
        #expect(scan(deep).parts.count == 1)
        let many =
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: "--b\r\n\r\nx\r\n", count: 10_100)
        #expect(scan(many).parts.count == 10_000)
        #expect(scan(many).facts.defects.contains(.tooManyParts))
    }

    @Test func hugeHeaderLineIsSkippedNotHeld() {
        let content = scan("X: " + String(repeating: "a", count: 600_000) + "\r\nSubject: s\r\n\r\nbody")
        #expect(content.facts.defects == [.headerTooLong])
        #expect(content.subject == "s")
        #expect(content.parts.map(\.bytes) == [4])
    }

    @Test func deliveryReportIsRead() throws {
        let text = """
            Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
            \r
            --b\r
            Content-Type: message/delivery-status\r
            \r
            Reporting-MTA: dns; mx.example.org\r
            \r
            Final-Recipient: rfc822; a@example.net\r
            Action: failed\r
            Status: 5.1.1\r
            Diagnostic-Code: smtp; 550 no such user\r
            --b--\r

            """
        let report = try #require(scan(text).facts.report)
        #expect(report.reporter == "mx.example.org")
        #expect(report.recipients.map(\.address) == ["a@example.net"])
        #expect(report.recipients.map(\.status) == ["5.1.1"])
        #expect(report.recipients.map(\.diagnostic) == ["550 no such user"])
        #expect(scan(text).parts.map(\.type) == ["message/delivery-status"])
    }

    @Test(arguments: [
        ("from a by b.example; Mon, 1 Jan 2024", "b.example"), ("from a BY b.example", "b.example"),
        ("by b", "b"), ("by", "?"), ("", "?"), ("from a", "?"), ("(by c) by b", "b"),
        ("by(c)b.example(d)", "b.example"),
        ("by b.example;date", "b.example"), ("from x (y) by (z (w)) b) c", "b)"), ("standby b", "?"),
        ("from a by ", "?"), ("from a by by", "by"),
    ])
    func receivingHostsAreFound(body: String, host: String) {
        #expect(scan("Received: \(body)\r\n\r\n").facts.receivedBy == [host])
    }

    @Test(
        arguments: [
            ("v=1; d=example.org; s=x", ["example.org"]), ("d = exa mple.org", ["example.org"]),
            ("v=1;\td=a;d=b", ["a"]),
            ("v=1; dd=x", []), ("bd=x", []), ("d", []), ("d=", [""]), ("", []),
        ] as [(String, [String])])
    func signingDomainsAreFound(body: String, domains: [String]) {
        #expect(scan("DKIM-Signature: \(body)\r\n\r\n").facts.dkimDomains == domains)
    }

    @Test func headerFacts() {
        let content = scan(
            """
            Received: from a by mx2.example.org with ESMTP\r
            Received: from b (passed on by alias (or by hand))\r
             by mx1.example.org\r
            Received: (qmail invoked by alias)\r
            DKIM-Signature: v=1; d=example.org;\r
             s=x\r
            ARC-Seal: i=1\r
            List-Id: <l>\r
            Auto-Submitted: auto-replied (x)\r
            \r

            """)
        #expect(content.facts.receivedBy == ["mx2.example.org", "mx1.example.org", "?"])
        #expect(content.facts.dkimDomains == ["example.org"])
        #expect(content.facts.authentication == ["dkim-signature", "arc-seal"])
        #expect(content.facts.list == ["list-id"])
        #expect(content.facts.autoSubmitted == "auto-replied")
    }
}
