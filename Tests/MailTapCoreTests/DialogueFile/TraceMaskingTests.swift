import Testing

@testable import MailTapCore

@Suite struct TraceMaskingTests {
    private let started = Timestamp(nanoseconds: 0)

    private func trace(_ entries: [Trace.Entry]) -> Trace {
        var trace = Trace(
            info: SessionInfo(
                source: "", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
                started: started))
        trace.entries = entries.map { (started, $0) }
        return trace
    }

    private func stars(_ token: [UInt8], _ kind: SecretKind) -> [UInt8] { token.map { _ in UInt8(ascii: "x") } }

    @Test func `a secret across chunks is replaced in each and marked once`() {
        let secret = Mask(range: StreamRange(.client, 5, 11), kind: .password)
        let before = trace([
            .chunk(.client, Array("PASS sec".utf8)), .chunk(.server, Array("+".utf8)),
            .chunk(.client, Array("ret\r\n".utf8)),
        ])
        let after = TraceMasking.masked(before, secrets: [secret], by: stars)
        #expect(
            after
                == trace([
                    .mark(.masked(secret)), .chunk(.client, Array("PASS xxx".utf8)), .chunk(.server, Array("+".utf8)),
                    .chunk(.client, Array("xxx\r\n".utf8)),
                ]))
        #expect(TraceMasking.masked(after, secrets: [secret], by: stars) == after)
    }

    @Test func `gaps count, and what a mask gives of another length is not taken`() {
        let secret = Mask(range: StreamRange(.client, 105, 108), kind: .password)
        let before = trace([.mark(.gap(.client, 100)), .chunk(.client, Array("PASS abc\r\n".utf8))])
        let after = TraceMasking.masked(before, secrets: [secret]) { _, _ in [] }
        #expect(after.entries.last?.entry == .chunk(.client, Array("PASS ***\r\n".utf8)))
    }

    @Test func `what went on in its place is masked too`() {
        let secret = Mask(range: StreamRange(.client, 5, 8), kind: .password)
        let before = trace([
            .mark(.forwarded(StreamRange(.client, 0, 10), Array("PASS other\r\n".utf8))),
            .chunk(.client, Array("PASS abc\r\n".utf8)),
        ])
        let after = TraceMasking.masked(before, secrets: [secret], by: stars)
        #expect(
            after.entries.first?.entry == .mark(.forwarded(StreamRange(.client, 0, 10), Array("PASS *****\r\n".utf8))))
        #expect(after.entries.last?.entry == .chunk(.client, Array("PASS xxx\r\n".utf8)))
    }

    /// What a masked trace has of each side behind ATRN, whether its octets come in lines or one by one.
    private func behindTurn(_ said: [(Side, String)], _ perChunk: Int) -> [Side: String] {
        let opening: [(Side, String)] = [
            (.server, "220 mx.example.org\r\n"), (.client, "ATRN example.org\r\n"), (.server, "250 now you\r\n"),
        ]
        var entries: [Trace.Entry] = []
        for (side, text) in opening + said {
            var octets = Array(text.utf8)[...]
            while !octets.isEmpty {
                entries.append(.chunk(side, Array(octets.prefix(perChunk))))
                octets = octets.dropFirst(perChunk)
            }
        }
        var left: [Side: String] = [:]
        for (_, entry) in TraceMasking.masked(trace(entries)).entries {
            guard case .chunk(let side, let octets) = entry else { continue }
            left[side, default: ""] += String(decoding: octets, as: UTF8.self)
        }
        for side in [Side.client, .server] {
            for (_, text) in opening.filter({ $0.0 == side }) { left[side]?.removeFirst(text.count) }
        }
        return left
    }

    @Test(arguments: [1, 7, 1_000])
    func `a login is masked after client and server exchanged their roles`(_ perChunk: Int) {
        let left = behindTurn(
            [
                (.client, "220 client.example\r\n"), (.server, "EHLO mx.example.org\r\n"),
                (.client, "250-client.example\r\n250 AUTH PLAIN LOGIN\r\n"),
                (.server, "auth plain AGJvYgBzZWNyZXQ=\r\n"), (.client, "535 no: AGJvYgBzZWNyZXQ=\r\n"),
                (.server, "AUTH LOGIN\r\n"), (.client, "334 VXNlcm5hbWU6\r\n"), (.server, "Ym9i\r\n"),
                (.client, "334 UGFzc3dvcmQ6\r\n"), (.server, "c2VjcmV0\r\n"), (.client, "235 welcome\r\n"),
                (.server, "MAIL FROM:<a@example.org>\r\nDATA\r\nSubject: a word\r\n.\r\nQUIT\r\nPASS half"),
            ], perChunk)
        #expect(
            left[.server]
                == "EHLO mx.example.org\r\nauth plain ****************\r\nAUTH LOGIN\r\n****\r\n********\r\n"
                + "MAIL FROM:<a@example.org>\r\nDATA\r\nSubject: a word\r\n.\r\nQUIT\r\nPASS ****")
        #expect(
            left[.client]
                == "220 client.example\r\n250-client.example\r\n250 AUTH PLAIN LOGIN\r\n535 no: ****************\r\n"
                + "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 welcome\r\n")
    }
}
