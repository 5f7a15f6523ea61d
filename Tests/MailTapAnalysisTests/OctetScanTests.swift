import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What looks at many octets at a time answers as what looks at one.
@Suite struct OctetScanTests {
    private func isControl(_ octet: UInt8) -> Bool { octet < 32 || octet == 127 }

    private func census(_ octets: [UInt8]) -> OctetCensus {
        OctetCensus(
            hasHighBit: octets.contains { $0 > 127 }, carriageReturns: UInt64(octets.count { $0 == 13 }),
            nuls: UInt64(octets.count { $0 == 0 }))
    }

    @Test(arguments: [0, 1, 9, 10, 13, 31, 32, 33, 126, 127, 128, 159, 160, 255] as [UInt8])
    func `an octet is seen wherever it stands`(octet: UInt8) {
        for length in 1...36 {
            for place in 0..<length {
                for filling in [UInt8(65), 32, 126, 13, 0] {
                    var octets = [UInt8](repeating: filling, count: length)
                    octets[place] = octet
                    let bytes = octets.span.bytes
                    #expect(bytes.containsHighBit == (octet > 127))
                    #expect(bytes.containsControl == octets.contains(where: isControl))
                    #expect(bytes.isPrintable == octets.allSatisfy { $0 >= 32 && $0 <= 126 })
                    #expect(bytes.census() == census(octets))
                }
            }
        }
    }

    @Test func `counts of long stretches do not wrap`() {
        for length in [4_079, 4_080, 4_081, 4_095, 4_096, 4_097, 10_000] {
            for octet in [13, 0] as [UInt8] {
                let octets = [UInt8](repeating: octet, count: length)
                #expect(octets.span.bytes.census() == census(octets))
            }
        }
    }

    @Test(arguments: [
        ("MAIL FROM:<a@example.org>", "mail from:<a@example.org>"),
        ("MAIL FROM:<> SIZE=1 BODY=8BITMIME", "mail FROM:<> SIZE=1 BODY=8BITMIME"),
        ("RCPT TO:<a@example.org>", "RCPT to:<a@example.org>"),
        ("RCPT TO:<\"a>b\"@example.org> NOTIFY=NEVER", "rcpt TO:<\"a>b\"@example.org> NOTIFY=NEVER"),
        ("RCPT TO:<a\\>b@example.org>", "rcpt TO:<a\\>b@example.org>"),
        ("MAIL FROM:<a@example.org", "mail FROM:<a@example.org"),
        ("MAIL FROM:<a@example.org>SIZE=1", "mail FROM:<a@example.org>SIZE=1"),
        ("MAIL FROM:<a@example.org>\tSIZE=1 ", "mail FROM:<a@example.org>\tSIZE=1 "),
        ("MAIL FROM:<", "mail FROM:<"), ("MAIL FROM:<>", "mail from:<>"),
    ])
    func `usual lines and others are read alike`(usual: String, other: String) {
        #expect(SMTPGrammar.pathArgument(in: Array(usual.utf8)) == SMTPGrammar.pathArgument(in: Array(other.utf8)))
        #expect(SMTPGrammar.address(in: Array(usual.utf8)) == SMTPGrammar.address(in: Array(other.utf8)))
        for text in [usual, other] {
            let octets = Array(text.utf8)
            #expect(SMTPGrammar.address(in: octets.span.bytes) == SMTPGrammar.address(in: octets))
        }
    }

    @Test(arguments: [
        ("2.1.0 Ok", "2.1.0"), ("5.123.456", "5.123.456"), ("4.7.1\tlater", "4.7.1"), ("5.1.1", "5.1.1"),
    ])
    func `an enhanced code is found`(text: String, code: String) {
        #expect(EnhancedCode(in: Array(text.utf8).span.bytes)?.description == code)
    }

    @Test(arguments: [
        "", "2", "2.1", "2.1.", "2..1", "3.1.1 no", "2.1234.1", "2.1.1234", "2.1.1x", "22.1.1", "2.1.1.1", "ok",
    ])
    func `what is no enhanced code is none`(text: String) {
        #expect(EnhancedCode(in: Array(text.utf8).span.bytes) == nil)
    }
}
