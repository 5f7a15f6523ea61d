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
}
