import Foundation
import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

@Suite struct JSONTests {
    private func json(_ session: Session, reveal: Bool = false) throws -> [String: Any] {
        let text = Samples.export(JSONExport(.lines, reveal: reveal), [ExportItem(session: session)])
        #expect(text.hasSuffix("}\n") && text.count { $0 == "\n" } == 1)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func exchange(_ index: Int, _ session: Session, reveal: Bool = false) throws -> [String: Any] {
        let exchanges = try #require(try json(session, reveal: reveal)["exchanges"] as? [[String: Any]])
        return try #require(exchanges.indices.contains(index) ? exchanges[index] : nil)
    }

    @Test func `fields stand in their order`() {
        let text = Samples.export(JSONExport(.lines), [ExportItem(session: Samples.smtp)])
        #expect(
            text.hasPrefix(
                #"{"session":1,"source":"office.pcap","protocol":"smtp","client":{"address":"192.0.2.7","port":50112,"name":null},"#
                    + #""server":{"address":"192.0.2.25","port":25,"name":"mail.example.org"},"started":"2026-11-23T06:01:02.123456Z","#
                    + #""duration":0.412345,"bytes":{"client":812,"server":455,"client_missing":0,"server_missing":0},"ending":"quit","tls":null,"#
                    + #""exchanges":[{"at":0.000000,"command":null,"reply":{"status":"220","enhanced":null,"lines":["mail.example.org ESMTP Postfix"],"latency":0.000000,"meaning":"the server greets and is ready (RFC 5321 section 3.1)"},"#
            ))
        #expect(
            text.contains(
                #"{"at":0.005000,"command":{"verb":"MAIL","line":"MAIL FROM:<a@example.org> SIZE=1200"},"reply":{"status":"250","enhanced":"2.1.0","lines":["2.1.0 Ok"],"latency":0.000300,"meaning":"the sender is accepted and the transaction open (RFC 5321 section 3.3); 2.1.0, success: something about an address (RFC 3463 section 3.2)"},"note":"Start a mail from a@example.org, 1200 octets declared (RFC 1870)"}"#
            ))
        #expect(
            text.contains(
                #""messages":[{"bytes":43,"sha256":"\#(String(repeating: "ab", count: 32))","exchange":7,"from":"a@example.org","to":["b@example.net"],"rejected":["nobody@example.net"],"accepted":true,"complete":true,"subject":"Lunch on Friday","message_id":"1@example.org","parts":[{"type":"text/plain","charset":"utf-8","filename":null,"bytes":900,"sha256":"\#(String(repeating: "00", count: 32))"}"#
            ))
        #expect(
            text.contains(#"{"rule":"smtp.bare-lf","aspect":"syntax","severity":"error","side":"client","exchange":7,"#)
        )
    }

    @Test(arguments: [0, 1, 3]) func `an array holds each session once`(count: Int) throws {
        let items = (0..<count).map { number in
            var session = Samples.smtp
            session.number = number + 1
            return ExportItem(session: session)
        }
        let text = Samples.export(JSONExport(.array), items)
        let array = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(array.map { $0["session"] as? Int } == (0..<count).map { $0 + 1 })
    }

    @Test func `secrets show only where revealed`() throws {
        let masked = try exchange(2, Samples.smtp)["command"] as? [String: Any]
        #expect(masked?["line"] as? String == "AUTH PLAIN [redacted 16 octets]")
        let revealed = try exchange(2, Samples.smtp, reveal: true)["command"] as? [String: Any]
        #expect(revealed?["line"] as? String == "AUTH PLAIN AHRlc3QAc2VjcmV0")
    }

    @Test func `a line that is no UTF-8 is Latin-1, and its object says so`() throws {
        let reply = try #require(try exchange(0, Samples.hostile)["reply"] as? [String: Any])
        #expect(reply["lines"] as? [String] == ["café", "=cmd|' /C calc'!A0"])
        #expect(reply["latin1"] as? Bool == true)
        var session = Samples.hostile
        session.exchanges[0].command?.line = WireText([0x58, 0x20, 0xFF])
        let command = try #require(try exchange(0, session)["command"] as? [String: Any])
        #expect(command["line"] as? String == "X ÿ")
        #expect(command["latin1"] as? Bool == true)
        #expect((try exchange(1, Samples.smtp)["reply"] as? [String: Any])?["latin1"] == nil)
    }

    @Test func `no control character is written as it is`() {
        var session = Samples.hostile
        session.exchanges[0].command?.line = Samples.wire("\u{0}\u{1B}\u{7F}\u{85}\u{202E}\u{2028}\\\"é\u{1F408}")
        let text = Samples.export(JSONExport(.lines), [ExportItem(session: session)])
        #expect(text.contains(#""line":"\u0000\u001b\u007f\u0085\u202e\u2028\\\"é🐈""#))
        #expect(text.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    }

    @Test func `forwarded has the shape of its parent`() throws {
        var session = Samples.smtp
        session.exchanges[1].command?.forwarded = .octets(Array("HELO other\r\n".utf8))
        session.exchanges[1].reply?.forwarded = .octets(Array("250-2.0.0 mail\r\n250 SIZE 1\r\n".utf8))
        session.exchanges[3].command?.forwarded = .nothing
        let first = try exchange(1, session)
        let command = (first["command"] as? [String: Any])?["forwarded"] as? [String: Any]
        #expect(command?["verb"] as? String == "HELO")
        #expect(command?["line"] as? String == "HELO other")
        let reply = (first["reply"] as? [String: Any])?["forwarded"] as? [String: Any]
        #expect(reply?["status"] as? String == "250")
        #expect(reply?["enhanced"] as? String == "2.0.0")
        #expect(reply?["lines"] as? [String] == ["2.0.0 mail", "SIZE 1"])
        #expect((try exchange(3, session)["command"] as? [String: Any])?["forwarded"] is NSNull)
        #expect((try exchange(4, session)["command"] as? [String: Any])?["forwarded"] == nil)
    }

    @Test func `what went on in place of a login is masked`() throws {
        var session = Samples.smtp
        session.exchanges[2].command?.forwarded = .octets(Array("AUTH LOGIN c2VjcmV0\r\n".utf8))
        let text = Samples.export(JSONExport(.lines), [ExportItem(session: session)])
        #expect(!text.contains("c2VjcmV0") && !text.contains("AHRlc3QAc2VjcmV0"))
        #expect(text.contains(#""forwarded":{"verb":"AUTH","line":"AUTH [redacted 14 octets]"}"#))
    }

    @Test func `TLS of both legs, listings and troubles are there`() throws {
        var session = Samples.pop3
        session.troubles = [Trouble(code: "recording-cut", text: "the disk is full")]
        let object = try json(session)
        let tls = try #require(object["tls"] as? [String: Any])
        #expect(tls["start"] as? String == "starttls")
        #expect(tls["decrypted"] as? Bool == true)
        #expect((tls["upstream"] as? [String: Any])?["problem"] as? String == "self-signed certificate")
        #expect(try exchange(2, session)["data"] as? [String] == ["1 120", "2 1048576"])
        #expect((object["troubles"] as? [[String: Any]])?.first?["code"] as? String == "recording-cut")
    }

    @Test func `further replies and MailTap's own are told`() throws {
        var session = Samples.smtp
        session.exchanges[7].furtherReplies = [Reply(status: ReplyStatus(rawValue: 452), lines: [Samples.wire("full")])]
        session.exchanges[7].reply?.isInjected = true
        let exchange = try exchange(7, session)
        #expect((exchange["replies"] as? [[String: Any]])?.map { $0["status"] as? String } == ["452"])
        #expect((exchange["reply"] as? [String: Any])?["injected"] as? Bool == true)
    }
}
