import MailTapCore
import Testing

@testable import MailTapCapture

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes one of each thing that recordings hold, for `Tests/Interop/recording_readers.sh` to read with other programs.
@Suite struct SampleRecordingTests {
    private static let path = getenv("MAILTAP_SAMPLE_RECORDING").map { String(cString: $0) }

    @Test(.enabled(if: path != nil))
    func sampleHoldsEverything() throws {
        let path = try #require(Self.path)
        for part in 0..<2 {
            let recorder = try Recorder(path: path, version: "0", keepSecrets: true) { Issue.record($0) }
            for (index, entries) in Self.sessions.enumerated() {
                var info = SessionInfo.sample(startSeen: index != 3)
                info.client.port += UInt16(10 * part + index)
                if index == 1 { info.server.address = IPAddress("2001:db8::25") }
                if index == 2 { info.server.port = 110 }
                if index == 5 { info.server = Endpoint(address: nil, port: 0, name: "mail.example.org") }
                var trace = Trace(info: info)
                for (step, entry) in entries.enumerated() {
                    trace.entries.append((info.started.advanced(by: Int64(step + 1) * 1_000_000), entry))
                }
                trace.ended = info.started.advanced(by: Int64(entries.count + 1) * 1_000_000)
                trace.play(into: recorder)
            }
            recorder.close()
        }
    }

    private static func client(_ text: String) -> Trace.Entry { .chunk(.client, [UInt8](text.utf8)) }
    private static func server(_ text: String) -> Trace.Entry { .chunk(.server, [UInt8](text.utf8)) }

    static var sessions: [[Trace.Entry]] {
        let start: [Trace.Entry] = [server("220 mail.example.org ESMTP\r\n"), client("EHLO a.example\r\n")]
        let end: [Trace.Entry] = [
            client("QUIT\r\n"), server("221 bye\r\n"), .mark(.eof(.server)), .mark(.eof(.client)), .mark(.ended(.quit)),
        ]
        let mail = [UInt8](String(repeating: "A line of content that is long enough.\r\n", count: 8_000).utf8)
        let mask = Mask(range: StreamRange(.client, 16 + 11, 16 + 11 + 8), kind: .plain)
        let tls = TLSMark(
            start: .starttls, isDecrypted: true,
            client: TLSMark.Leg(version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", sni: "mail.example.org"),
            upstream: TLSMark.Leg(version: "TLSv1.2", verified: false, problem: "self-signed certificate"))
        return [
            start + [
                server("250-mail.example.org\r\n250 AUTH PLAIN\r\n"), .mark(.masked(mask)),
                client("AUTH PLAIN AHUAKio=\r\n"), server("235 ok\r\n"),
                client("MAIL FROM:<a@a.example>\r\n"), server("250 ok\r\n"), client("RCPT TO:<b@b.example>\r\n"),
                server("250 ok\r\n"), client("DATA\r\n"), server("354 go\r\n"), .chunk(.client, mail),
                .chunk(.client, mail),
                .chunk(.client, mail), .chunk(.client, mail), client(".\r\n"), server("250 queued\r\n"),
            ] + end,
            start + [
                server("250-mail.example.org\r\n250 STARTTLS\r\n"), client("STARTTLS\r\n"), server("220 go\r\n"),
                .mark(.tls(tls)), client("EHLO a.example\r\n"), server("250 mail.example.org\r\n"),
                client("MAIL FROM:<a@a.example>\r\n"), server("250 ok\r\n"),
            ] + end,
            [
                server("+OK ready\r\n"), client("CAPA\r\n"), server("+OK\r\nUIDL\r\n.\r\n"), client("QUIT\r\n"),
                server("+OK bye\r\n"), .mark(.eof(.client)), .mark(.reset(.server)), .mark(.ended(.reset)),
            ],
            [client("NOOP\r\n"), server("250 ok\r\n"), .mark(.gap(.server, 500)), server("250 ok\r\n")],
            start + [
                .mark(.forwarded(StreamRange(.server, 28, 50), [])), server("250 mail.example.org\r\n"),
                .mark(.injected(StreamRange(.server, 50, 60))), server("502 no go\r\n"), .mark(.ended(.killed)),
            ],
            [
                .mark(.trouble(Trouble(code: "connect-failed", text: "mail.example.org:25: Connection refused"))),
                .mark(.injected(StreamRange(.server, 0, 9))), server("421 bye\r\n"), .mark(.eof(.server)),
                .mark(.eof(.client)), .mark(.ended(.serverClosed)),
            ],
        ]
    }
}
