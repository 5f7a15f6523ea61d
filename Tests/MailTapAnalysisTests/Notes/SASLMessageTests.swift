import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What is read out of the messages of a login, and what is left alone.
@Suite struct SASLMessageTests {
    private func object(_ text: String) -> JSONObject? { JSONObject(Array(text.utf8)) }

    @Test(arguments: [
        (#"{"status":"401"}"#, "401"), (#" { "x" : [1, {"status":"500"}], "status" : 401 } "#, "401"),
        (#"{"status":"4\u00301"}"#, "401"), (#"{"status":"a\"b\\\/\n"}"#, "a\"b\\/\n"),
        (#"{"x":"\"status\":\"500\"","status":"401"}"#, "401"), (#"{"status":"\ud83d\ude00"}"#, "\u{1F600}"),
        (#"{"status":"1","status":"2"}"#, "1"), (#"{"status":true}"#, "true"), (#"{"status":-1.5e3}"#, "-1.5e3"),
    ])
    func membersAreFound(text: String, status: String) { #expect(object(text)?["status"] == status) }

    @Test(arguments: [
        #"{}"#, #"{"STATUS":"401"}"#, #"{"status":["401"]}"#, #"{"status":null}"#, #"{"status":{"a":1}}"#,
    ])
    func othersAreNone(text: String) throws { #expect(try #require(object(text))["status"] == nil) }

    @Test(arguments: [
        "", "[]", "null", #""x""#, "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1}x"#, #"{"a":"\x"}"#,
        #"{"a":"\u12"}"#, #"{"a":"b"#, #"{"a":word}"#, "{\"a\":\"\n\"}",
    ])
    func whatIsNoObjectIsNone(text: String) { #expect(object(text) == nil) }

    @Test func depthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(object(nested(10)) != nil)
        #expect(object(nested(1_000)) == nil)
        #expect(object(#"{"a":"# + String(repeating: "[", count: 5_000)) == nil)
    }

    @Test(arguments: [
        (
            #"{"status":"401","scope":"mail","schemes":"Bearer","openid-configuration":"https://x.example/c"}"#,
            "status 401, scope mail, schemes Bearer, OpenID configuration at https://x.example/c"
        ),
        (#"{"error":"invalid_token","error_description":"expired"}"#, "error invalid_token, described as expired"),
    ])
    func refusedTokensAreTold(text: String, details: String) {
        #expect(OAuthFailure.sentence(Array(text.utf8)).contains(": \(details); an empty"))
    }

    @Test func refusalsWithoutWordsAreRefusalsToo() {
        #expect(OAuthFailure.sentence(Array("{}".utf8)).hasPrefix("The server refuses the token; "))
        #expect(OAuthFailure.sentence(Array("[]".utf8)).contains("no JSON object"))
    }

    @Test func directivesAreUnquoted() throws {
        let text = #"username="chr,is\"x" , REALM="b\\c",,nc=00000001, realm=d"#
        let directives = try #require(DigestDirectives(Array(text.utf8)))
        #expect(directives["username"] == "chr,is\"x")
        #expect(directives.all("realm") == ["b\\c", "d"])
        #expect(directives["nonce"] == nil)
    }

    @Test(arguments: ["", "nonsense", "=a", "a=\"b", "a=\"b\\", "a=b c=d", "\"\"\""])
    func whatIsNoListOfDirectivesIsNone(text: String) { #expect(DigestDirectives(Array(text.utf8)) == nil) }

    @Test func challengesOfDigestAreTold() {
        let text = #"realm="a.example",nonce="OA6MG9tEQGm2hh",qop="auth,auth-int",algorithm=md5-sess"#
        #expect(
            DigestDirectives.challenge(Array(text.utf8))
                == "The server sends realm a.example, nonce OA6MG9tEQGm2hh and quality of protection auth,auth-int "
                + "(RFC 2831 section 2.1.1)")
        #expect(DigestDirectives.challenge(Array("nonsense".utf8)).contains("no challenge of DIGEST-MD5"))
    }

    @Test func whoLogsInByDigestIsTold() {
        let text = #"username="chris",realm="a",nonce="n",response=d388dad9,authzid="admin",digest-uri="smtp/a""#
        #expect(
            DigestDirectives.response(Array(text.utf8))
                == "user chris of realm a to act as admin with digests for smtp/a")
    }

    @Test func scramTellsWhomToActAs() {
        func introduction(_ text: String) -> String? { ScramMessage(clientFirst: Array(text.utf8))?.introduction }
        #expect(introduction("n,a=adm=2Cin,n=us=3Der,r=x") == "user us=er to act as adm,in and a nonce")
        #expect(introduction("p=tls-unique,,n=b,r=x") == "user b and a nonce, bound to the channel by tls-unique")
        #expect(introduction("n=b,r=x") == nil)
        #expect(introduction("q,,n=b,r=x") == nil)
        #expect(introduction("n,b=a,n=b,r=x") == nil)
    }

    private static let authenticate =
        "TlRMTVNTUAADAAAAGAAYAEAAAAAYABgAWAAAAAwADABwAAAABgAGAHwAAAAMAAwAggAAAAAAAACOAAAABYKCAExMTExMTExMTExMTExMTExMTExM"
        + "TExMTE5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTkQATwBNAEEASQBOAGIAbwBiAFcATwBSAEsAUwBUAA=="

    @Test func namesOfNTLMAreRead() throws {
        let octets = try #require(Base64.decode(Self.authenticate.utf8))
        let message = try #require(NTLMMessage(octets))
        #expect(message.kind == .authenticate && message.user == "bob" && message.domain == "DOMAIN")
        #expect(
            NTLMMessage.response(octets, step: 2)
                == "the authenticate message of user bob of domain DOMAIN from WORKST with the proof")
    }

    /// Every place that a name can be said to stand at: never where a proof stands, nor outside.
    @Test func proofsOfNTLMAreNeverNames() throws {
        var octets = try #require(Base64.decode(Self.authenticate.utf8))
        for place in 0...255 {
            octets[40] = UInt8(place)
            guard let user = NTLMMessage(octets)?.user else { continue }
            #expect(!user.contains("\u{4C4C}") && !user.contains("\u{4E4E}"))
        }
    }

    @Test func damagedMessagesOfNTLMAreNone() throws {
        let octets = try #require(Base64.decode(Self.authenticate.utf8))
        for count in 0..<octets.count { #expect(NTLMMessage(Array(octets[..<count])) == nil) }
        #expect(NTLMMessage(Array("NTLMSSP\0\u{1}\0\0\0".utf8)) == nil)
        #expect(NTLMMessage(Array("NTLMSSP\0\u{4}\0\0\0".utf8) + [UInt8](repeating: 0, count: 60)) == nil)
    }
}
