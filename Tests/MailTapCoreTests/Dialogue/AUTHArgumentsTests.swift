import Testing

@testable import MailTapCore

/// What of an AUTH command is a credential, for SMTP and POP3 alike.
@Suite struct AUTHArgumentsTests {
    private func secret(in line: String) -> (kind: SecretKind, text: String)? {
        let octets = Array(line.utf8)
        let arguments = AUTHArguments(in: octets.span.bytes, from: 4, to: octets.count)
        return arguments.secret.map { ($0.kind, String(decoding: octets[$0.range], as: UTF8.self)) }
    }

    @Test(arguments: ["AUTH", "AUTH PLAIN", "AUTH PLAIN =", "AUTH LOGIN dXNlcg==", "AUTH EXTERNAL =", "AUTH CRAM-MD5"])
    func withoutACredentialNothingIsCovered(_ line: String) {
        #expect(secret(in: line) == nil)
    }

    @Test func anInitialResponseIsOfItsMechanismsKind() {
        let found = secret(in: "AUTH PLAIN AHVzZXIAcGFzcw==")
        #expect(found?.kind == .plain)
        #expect(found?.text == "AHVzZXIAcGFzcw==")
    }

    @Test func aMalformedResponseIsCoveredToItsEnd() {
        let found = secret(in: "AUTH PLAIN AHVzZXIA cGFzcw==")
        #expect(found?.kind == .opaque)
        #expect(found?.text == "AHVzZXIA cGFzcw==")
    }

    @Test func aSecondResponseIsCovered() {
        let found = secret(in: "AUTH LOGIN dXNlcg== cGFzc3dvcmQ=")
        #expect(found?.kind == .opaque)
        #expect(found?.text == "cGFzc3dvcmQ=")
    }

    @Test func withoutAMechanismItIsTheResponse() {
        let found = secret(in: "AUTH AHVzZXIAcGFzcw==")
        #expect(found?.kind == .opaque)
        #expect(found?.text == "AHVzZXIAcGFzcw==")
    }

    @Test func whatFollowsIsAResponseToTheMechanism() {
        let octets = Array("AUTH LOGIN dXNlcg==".utf8)
        var progress = AUTHArguments(in: octets.span.bytes, from: 4, to: octets.count).progress
        let password = Array("cGFzc3dvcmQ=".utf8)
        let kind = progress.response(password.span.bytes)
        #expect(kind == .login)
    }
}
