import MailTapCore
import Testing

@testable import MailTapCapture

@Suite struct RecordingAnnotationsTests {
    private static let marks: [Mark] =
        [
            .conflict(StreamRange(.server, 90, 95)),
            .masked(Mask(range: StreamRange(.server, 110, 4_000_000_000_000), kind: .bearerToken)),
            .forwarded(StreamRange(.server, 100, 120), []),
            .forwarded(StreamRange(.server, 100, 100), [0, 1, 255, 10]),
            .injected(StreamRange(.server, 100, 130)),
            .tls(TLSMark(start: .implicit, isDecrypted: false, client: TLSMark.Leg())),
            .tls(
                TLSMark(
                    start: .starttls, isDecrypted: true,
                    client: TLSMark.Leg(version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", sni: "h\u{FC}.example"),
                    upstream: TLSMark.Leg(
                        alpn: "smtp",
                        chain: [
                            TLSMark.Certificate(
                                subject: "CN=\"x\"", issuer: "CN=y", names: ["a.example", "192.0.2.1"],
                                notBefore: Timestamp(nanoseconds: 1), notAfter: Timestamp(nanoseconds: .max),
                                sha256: "00ff")
                        ]))),
            .tls(
                TLSMark(
                    start: .starttls, isDecrypted: true, client: TLSMark.Leg(),
                    upstream: TLSMark.Leg(verified: false, problem: "self-signed: \"\\\n\u{1F4E7}\u{2028}"))),
            .trouble(Trouble(code: "connect-failed", text: "Connection refused")),
        ] + Ending.allCases.map(Mark.ended)

    @Test(arguments: marks)
    func marksComeBack(mark: Mark) {
        let comments = RecordingComment.comments(for: mark, offset: 100)
        #expect(comments.count == 1)
        #expect(comments.allSatisfy { $0.hasPrefix("mailtap: {") && !$0.contains(where: \.isNewline) })
        #expect(comments.flatMap { RecordingAnnotations().marks(in: $0, side: .server, offset: 100) } == [mark])
    }

    @Test func sessionComesBack() {
        var info = SessionInfo.sample()
        info.expectsTLS = true
        var read = info
        read.route = nil
        read.expecting = nil
        read.expectsTLS = false
        read.isKnownMail = false
        read.server.name = nil
        RecordingAnnotations().sessionInfo(in: RecordingComment.session(info), &read)
        #expect(read == info)
    }

    @Test func unknownKeysArePassedOver() {
        let comment =
            #"mailtap: {"v":9,"later":{"deep":[1,{}]},"masked":{"length":3,"kind":"new kind","x":1.5e3},"ended":"quit"}"#
        let marks = RecordingAnnotations().marks(in: comment, side: .client, offset: 7)
        #expect(marks == [.masked(Mask(range: StreamRange(.client, 7, 10), kind: .opaque)), .ended(.quit)])
    }

    @Test(arguments: [
        "", "mailtap:", "mailtap: ", "mailtap: 1", "mailtap: {", "mailtap: []", "a comment of somebody",
        #"mailtap: {"masked":{"at":-8,"length":3,"kind":"plain"}}"#,
        #"mailtap: {"masked":{"at":9223372036854775807,"length":9223372036854775807,"kind":"plain"}}"#,
        #"mailtap: {"masked":{"at":1,"length":-3,"kind":"plain"}}"#, #"mailtap: {"masked":{"at":1,"kind":"plain"}}"#,
        #"mailtap: {"masked":[]}"#, #"mailtap: {"forwarded":{"length":1,"octets":"?"}}"#,
        #"mailtap: {"forwarded":{"length":1}}"#, #"mailtap: {"ended":"well"}"#, #"mailtap: {"tls":{"start":"now"}}"#,
        #"mailtap: {"trouble":"x"}"#,
    ])
    func whatSaysNothingGivesNothing(comment: String) {
        for offset in [UInt64(0), 7, .max]
        where !(offset == .max && comment.contains("-8")) && !(offset == 0 && comment.contains("9223")) {
            #expect(RecordingAnnotations().marks(in: comment, side: .client, offset: offset) == [])
        }
        var info = SessionInfo.sample()
        RecordingAnnotations().sessionInfo(in: comment, &info)
        #expect(info == .sample())
    }

    @Test func cutAndChangedCommentsAreHarmless() {
        let comments =
            Self.marks.flatMap { RecordingComment.comments(for: $0, offset: 0) } + [RecordingComment.session(.sample())]
        for comment in comments {
            let octets = [UInt8](comment.utf8)
            for index in octets.indices {
                _ = RecordingAnnotations().marks(
                    in: String(decoding: octets[..<index], as: UTF8.self), side: .client, offset: .max)
                var changed = octets
                changed[index] ^= 0x15
                var info = SessionInfo.sample()
                RecordingAnnotations().sessionInfo(in: String(decoding: changed, as: UTF8.self), &info)
                #expect(info.started == SessionInfo.sample().started)
            }
        }
    }
}
