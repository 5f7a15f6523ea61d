import MailTapCore
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(plain.utf8) == [UInt8](encoded.utf8))
        #expect(Base64.decode(encoded.utf8) == [UInt8](plain.utf8))
        #expect(Base64.decode(encoded.utf8.filter { $0 != 61 }) == [UInt8](plain.utf8))
    }

    @Test(arguments: ["A", "AAAAA", "=", "A===", "AA=", "AA=A", "AAAA=", "AAAA====", "AA BB", "AA-_", "AAA\u{0}"])
    func refused(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test func everyOctetComesBack() {
        let octets = (0...255).map { UInt8($0) }
        for length in 0...255 {
            let encoded = Base64.encode(octets[..<length])
            #expect(Base64.decode(encoded) == Array(octets[..<length]))
        }
    }

    @Test func tolerantDecodingSkipsWhatIsNoDigit() {
        #expect(Base64.decodeTolerantly("Zm 9v\r\nYm!Fy=junk".utf8) == [UInt8]("foobar".utf8))
        #expect(Base64.decodeTolerantly("Z".utf8).isEmpty)
    }
}
