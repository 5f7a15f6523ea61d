import Testing

@testable import MailTapReplay

@Suite struct SASLClientTests {
    private func text(_ octets: [UInt8]?) -> String? { octets.map { String(decoding: $0, as: UTF8.self) } }

    @Test func plainOfTheStandard() throws {
        var client = try #require(SASLClient("PLAIN", user: "tim", password: "tanstaaftanstaaf", nonce: ""))
        #expect(text(client.initialResponse()) == "\0tim\0tanstaaftanstaaf")
        #expect(client.respond(to: []) == nil)
    }

    @Test func loginAnswersTwoPrompts() throws {
        var client = try #require(SASLClient("login", user: "tim", password: "pw", nonce: ""))
        #expect(text(client.respond(to: [UInt8]("Username:".utf8))) == "tim")
        #expect(text(client.respond(to: [UInt8]("Password:".utf8))) == "pw")
        #expect(client.respond(to: []) == nil)
    }

    /// RFC 2195 section 3.
    @Test func cramMD5OfTheStandard() throws {
        var client = try #require(SASLClient("CRAM-MD5", user: "tim", password: "tanstaaftanstaaf", nonce: ""))
        #expect(client.initialResponse() == nil)
        let challenge = [UInt8]("<1896.697170952@postoffice.reston.mci.net>".utf8)
        #expect(text(client.respond(to: challenge)) == "tim b913a602c7eda7a495b4e6e7334d3890")
    }

    @Test func bearerTokens() throws {
        var google = try #require(SASLClient("xoauth2", user: "tim@example.org", password: "ya29.x", nonce: ""))
        #expect(text(google.initialResponse()) == "user=tim@example.org\u{1}auth=Bearer ya29.x\u{1}\u{1}")
        // The reason of a refusal is acknowledged, once.
        #expect(google.respond(to: [UInt8](#"{"status":"401"}"#.utf8)) == [])
        #expect(google.respond(to: []) == nil)
        // RFC 7628 section 4.1.
        var standard = try #require(SASLClient("OAUTHBEARER", user: "a,b=c", password: "vF9dft4qmTc2Nvb3", nonce: ""))
        #expect(text(standard.respond(to: [])) == "n,a=a=2Cb=3Dc,\u{1}auth=Bearer vF9dft4qmTc2Nvb3\u{1}\u{1}")
        #expect(standard.respond(to: [UInt8]("{}".utf8)) == [1])
    }

    /// RFC 1939 section 7.
    @Test func apopOfTheStandard() {
        let stamp = [UInt8]("<1896.697170952@dbc.mtview.ca.us>".utf8)
        #expect(SASLClient.apopDigest(stamp: stamp, password: "tanstaaf") == "c4c9334bac560ecc979e58001b3e22fb")
    }

    /// RFC 5802 section 5.
    @Test func scramSHA1OfTheStandard() throws {
        var client = try #require(
            SASLClient("SCRAM-SHA-1", user: "user", password: "pencil", nonce: "fyko+d2lbbFgONRv9qkxdawL"))
        #expect(text(client.initialResponse()) == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL")
        let first = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
        #expect(
            text(client.respond(to: [UInt8](first.utf8)))
                == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=")
        #expect(client.respond(to: [UInt8]("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".utf8)) == [])
    }

    /// RFC 7677 section 3.
    @Test func scramSHA256OfTheStandard() throws {
        var client = try #require(
            SASLClient("SCRAM-SHA-256", user: "user", password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO"))
        _ = client.initialResponse()
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        #expect(
            text(client.respond(to: [UInt8]("r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8)))
                == "c=biws,r=\(nonce),p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        #expect(client.respond(to: [UInt8]("v=AAAA".utf8)) == nil)
    }

    @Test(arguments: [
        "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0", "r=abcd,s=*,i=1",
        "r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999", "r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1", "", ",,",
    ])
    func scramRefusesBadChallenges(challenge: String) throws {
        var client = try #require(SASLClient("SCRAM-SHA-256", user: "u", password: "p", nonce: "abc"))
        _ = client.initialResponse()
        #expect(client.respond(to: [UInt8](challenge.utf8)) == nil)
    }
}
