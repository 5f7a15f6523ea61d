import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapExport

@Suite struct MIMEPiecesTests {
    private func kinds(_ text: String) -> [String] {
        MIMEPieces.of(Array(text.replacing("\n", with: "\r\n").utf8)).map { piece in
            let name =
                switch piece.kind {
                case .header(let header): "header \(header.media)"
                case .leaf(let form): "leaf \(form.encoding)\(form.isText ? " text" : "")"
                case .around: "around"
                case .delimiter: "delimiter"
                }
            return "\(piece.depth) \(name)"
        }
    }

    @Test func `a message without parts is a header and a leaf`() {
        #expect(kinds("Subject: x\n\nHello\n") == ["0 header text/plain", "0 leaf identity text"])
        #expect(kinds("no header at all\n") == ["0 leaf identity text"])
        #expect(kinds("") == [])
    }

    @Test func `multiparts and embedded messages are opened`() {
        let text = """
            Content-Type: multipart/mixed; boundary="a b"

            preamble
            --a b
            Content-Type: text/html
            Content-Transfer-Encoding: base64

            eA==
            --a b
            Content-Type: message/rfc822

            Subject: inner

            body
            --a b--
            epilogue
            """
        #expect(
            kinds(text) == [
                "0 header multipart/mixed", "1 around", "1 delimiter", "1 header text/html", "1 leaf base64 text",
                "1 delimiter", "1 header message/rfc822", "2 header text/plain", "2 leaf identity text", "1 delimiter",
                "1 around",
            ])
    }

    @Test func `the pieces are the message, whatever it is`() {
        var random = SeededGenerator(seed: 16)
        let lines = [
            "Content-Type: multipart/mixed; boundary=x", "Content-Type: message/rfc822", "", "--x", "--x--", "text",
            "--", "\u{E9}", "Content-Transfer-Encoding: base64", " folded", "--y",
        ]
        for _ in 0..<3_000 {
            var content: [UInt8] = []
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                content += Array((lines.randomElement(using: &random) ?? "").utf8)
                content += Bool.random(using: &random) ? [13, 10] : [10]
            }
            let pieces = MIMEPieces.of(content)
            #expect(pieces.flatMap { Array(content[$0.range]) } == content)
            #expect(pieces.allSatisfy { !$0.range.isEmpty })
        }
    }

    @Test(arguments: ["", "eA==", "eA", "e", "QUJD\r\nREVG\r\n", "QUJD=\r\nfooter", "not base64 at all!"])
    func `base64 is written again as it was`(_ text: String) {
        let form = TransferForm.base64(Array(text.utf8))
        #expect(form.encoded.count == text.utf8.count)
        #expect(TransferForm.base64(form.encoded).decoded == form.decoded)
    }

    @Test(arguments: ["", "a=3Db=\r\nc", "=", "=3", "=zz", "x=20 \r\n", "=c3=BC", "soft= \t\r\nend="])
    func `quoted-printable is written again as it was`(_ text: String) {
        let form = TransferForm.hexadecimal(Array(text.utf8), mark: UInt8(ascii: "="), softLineEnds: true)
        #expect(String(decoding: form.encoded, as: UTF8.self).lowercased() == text.lowercased())
    }
}
