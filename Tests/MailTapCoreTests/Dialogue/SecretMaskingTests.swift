import MailTapCore
import Testing

@Suite struct SecretMaskingTests {
    private func masked(_ decoded: String, _ kind: SecretKind) -> String? {
        let token = Base64.encode(decoded.utf8)
        let result = SecretMasking.masked(token, kind: kind)
        #expect(result.count == token.count)
        return Base64.decode(result).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        (SecretKind.plain, "\u{0}tim\u{0}tanstaaftanstaaf", "\u{0}tim\u{0}****************"),
        (.plain, "admin\u{0}tim\u{0}a\u{0}b", "admin\u{0}tim\u{0}***"),
        (.plain, "\u{0}tim\u{0}", "\u{0}tim\u{0}"),
        (.cramMD5, "joe doe b913a602c7eda7a495b4e6e7334d3890", "joe doe ********************************"),
        (
            .scram, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaT,p=dHzbZapWIk4=",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaT,p=************"
        ),
        (
            .bearerToken, "user=a@example.org\u{1}auth=Bearer ya29.vF9\u{1}\u{1}",
            "user=a@example.org\u{1}auth=Bearer ********\u{1}\u{1}"
        ),
        (
            .bearerToken, "n,a=a@example.org,\u{1}host=h\u{1}port=143\u{1}auth=Bearer vF9\u{1}other=x\u{1}\u{1}",
            "n,a=a@example.org,\u{1}host=h\u{1}port=143\u{1}auth=Bearer ***\u{1}*******\u{1}\u{1}"
        ),
        (
            .digestMD5, "username=\"chris\",Response=d388dad90d4bbd,qop=auth",
            "username=\"chris\",Response=**************,qop=auth"
        ),
        (.digestMD5, "username=\"x,response=y\",response=d388", "username=\"x,response=**,response=****"),
    ])
    func secretInsideTokenIsReplaced(kind: SecretKind, decoded: String, expected: String) {
        #expect(masked(decoded, kind) == expected)
    }

    /// What is not of its mechanism's form is replaced whole: the secret may stand anywhere in it.
    @Test(arguments: [
        (SecretKind.plain, "bm8gbnVs"), (.plain, "no base64!"), (.plain, "AHRpbQ=="), (.cramMD5, "bm9zcGFjZQ=="),
        (.scram, "Yz1iaXdz"), (.bearerToken, "dXNlcj1h"), (.digestMD5, "dXNlcj1h"), (.plain, "AHRpbQBwdw"),
        (.password, "hunter2 with spaces"), (.apopDigest, "c4c9334bac560ecc979e58001b3e22fb"), (.login, "c2VjcmV0"),
        (.opaque, "TlRMTVNTUAAD"), (.password, ""),
    ])
    func wholeToken(kind: SecretKind, token: String) {
        let result = SecretMasking.masked([UInt8](token.utf8), kind: kind)
        if token == "AHRpbQBwdw" {
            // Without its padding a token still decodes, and still lacks it afterwards.
            #expect(Base64.decode(result) == [UInt8]("\u{0}tim\u{0}**".utf8))
            #expect(result.count == token.utf8.count)
        } else {
            #expect(result == [UInt8](repeating: SecretMasking.mask, count: token.utf8.count))
        }
    }

    @Test(arguments: SecretKind.allCases)
    func lengthIsKeptWhateverTheToken(kind: SecretKind) {
        var state: UInt64 = 7
        for _ in 0..<300 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let decoded = (0..<Int(state >> 60)).map { UInt8(truncatingIfNeeded: state >> UInt64($0 * 4)) }
            for token in [decoded, Base64.encode(decoded), Array(Base64.encode(decoded).dropLast())] {
                #expect(SecretMasking.masked(token, kind: kind).count == token.count)
            }
        }
    }

    @Test(arguments: SecretKind.allCases)
    func maskingAgainChangesNothing(kind: SecretKind) {
        for decoded in ["\u{0}u\u{0}p", "u p", "c=biws,p=abc", "user=a\u{1}auth=Bearer x\u{1}\u{1}", "response=abc"] {
            let once = SecretMasking.masked(Base64.encode(decoded.utf8), kind: kind)
            #expect(SecretMasking.masked(once, kind: kind) == once)
        }
    }
}
