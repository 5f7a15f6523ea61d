import Testing

@testable import MailTapDecrypt

@Suite struct KeyScheduleTests {
    private static let suite = CipherSuite(number: 0x1301)

    /// RFC 8448 section 3: traffic secrets with the keys and IVs that follow from them.
    @Test(arguments: [
        (
            "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38", "3fce516009c21727d0f2e4e86ee403bc",
            "5d313eb2671276ee13000b30"
        ),
        (
            "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21", "dbfaa693d1762c5b666af5d950258d01",
            "5bd3c71b836e0b76bb73265f"
        ),
        (
            "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", "9f02283b6c9c07efc26bb9f2ac92e356",
            "cf782b88dd83549aadf1e984"
        ),
        (
            "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", "17422dda596ed5d9acd890e3c63f5051",
            "5b78923dee08579033e523d9"
        ),
    ])
    func keysFollowFromTrafficSecrets(_ secret: String, _ key: String, _ iv: String) {
        let secret = Hex.octets(secret)
        #expect(TLS13KeySchedule.expandLabel(.sha256, secret: secret, label: "key", count: 16) == Hex.octets(key))
        #expect(TLS13KeySchedule.expandLabel(.sha256, secret: secret, label: "iv", count: 12) == Hex.octets(iv))
    }

    /// The test vector for P_SHA256 that implementers of TLS 1.2 share.
    @Test func theFunctionOfTLS12GivesItsVector() {
        let output = TLS12KeySchedule.prf(
            .sha256, secret: Hex.octets("9bbe436ba940f017b17652849a71db35"), label: "test label",
            seed: Hex.octets("a0ba9f936cda311827a6f796ffd5198c"), count: 100)
        #expect(
            output
                == Hex.octets(
                    """
                    e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
                    6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
                    4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
                    87347b66
                    """))
    }

    @Test func suitesSayHowTheyProtect() {
        #expect(CipherSuite(number: 0x1302).cipher == .aesGCM(keyLength: 32))
        #expect(CipherSuite(number: 0x1302).hash == .sha384)
        #expect(CipherSuite(number: 0xC013).cipher == .aesCBC(keyLength: 16, mac: .sha1))
        #expect(CipherSuite(number: 0xC013).hash == .sha256)
        #expect(CipherSuite(number: 0xC028).cipher == .aesCBC(keyLength: 32, mac: .sha384))
        #expect(CipherSuite(number: 0xCCA8).cipher == .chaCha20Poly1305)
        #expect(CipherSuite(number: 0x000A).cipher == nil)
        #expect(CipherSuite(number: 0xABC).name == "0x0ABC")
    }
}
