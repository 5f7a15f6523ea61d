import MailTapCore
import Testing

@testable import MailTapCapture

/// The recorder with the dialogue's own decoder: no secret in what is written, everything else as it came.
@Suite struct RecordedSecretsTests {
    struct Login: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var proto: MailProtocol
        /// `S:` and `C:` lines.
        var lines: [String]
        /// The client's octets as they are to be written.
        var written: String
        var kinds: [SecretKind]
    }

    static let logins: [Login] = [
        Login(
            testDescription: "AUTH PLAIN with its response", proto: .smtp,
            lines: [
                "S:220 hi", "C:EHLO x", "S:250 AUTH PLAIN", "C:AUTH PLAIN AHRpbQBzZWNyZXQ=", "S:235 ok", "C:QUIT",
                "S:221 bye",
            ], written: "EHLO x\r\nAUTH PLAIN AHRpbQAqKioqKio=\r\nQUIT\r\n", kinds: [.plain]),
        Login(
            testDescription: "AUTH LOGIN", proto: .smtp,
            lines: [
                "S:220 hi", "C:EHLO x", "S:250 AUTH LOGIN", "C:AUTH LOGIN", "S:334 VXNlcm5hbWU6", "C:dGlt",
                "S:334 UGFzc3dvcmQ6", "C:c2VjcmV0", "S:235 ok", "C:QUIT", "S:221 bye",
            ], written: "EHLO x\r\nAUTH LOGIN\r\ndGlt\r\n********\r\nQUIT\r\n", kinds: [.login]),
        Login(
            testDescription: "USER and PASS", proto: .pop3,
            lines: ["S:+OK hi", "C:USER tim", "S:+OK", "C:PASS se cret", "S:+OK", "C:QUIT", "S:+OK bye"],
            written: "USER tim\r\nPASS *******\r\nQUIT\r\n", kinds: [.password]),
        Login(
            testDescription: "APOP", proto: .pop3,
            lines: [
                "S:+OK hi <1@x>", "C:APOP tim c4c9334bac560ecc979e58001b3e22fb", "S:+OK", "C:QUIT", "S:+OK bye",
            ], written: "APOP tim ********************************\r\nQUIT\r\n", kinds: [.apopDigest]),
        Login(
            testDescription: "HTTP CONNECT with credentials", proto: .smtp,
            lines: [
                "C:CONNECT mx.example.org:25 HTTP/1.1", "C:Proxy-Authorization: Basic YTpzZWNyZXQ=", "C:",
                "S:HTTP/1.1 200 OK", "S:", "S:220 hi", "C:QUIT", "S:221 bye",
            ],
            written: "CONNECT mx.example.org:25 HTTP/1.1\r\nProxy-Authorization: Basic ************\r\n\r\nQUIT\r\n",
            kinds: [.password]),
    ]

    private func record(_ login: Login, split: Int?, keepSecrets: Bool = false) -> (WrittenBlocks, [Mark]) {
        let store = MemoryStore()
        let recorder = Recorder(store: store, path: "x", keepSecrets: keepSecrets) { Issue.record($0) }
        var info = SessionInfo.sample()
        info.expecting = login.proto
        let sink = recorder.open(info)
        for line in login.lines {
            let side: Side = line.hasPrefix("C:") ? .client : .server
            let octets = [UInt8]((line.dropFirst(2) + "\r\n").utf8)
            let cut = min(split ?? octets.count, octets.count)
            for piece in [octets[..<cut], octets[cut...]] where !piece.isEmpty {
                sink.receive(Array(piece).span.bytes, from: side, at: info.started)
            }
        }
        sink.end(at: info.started)
        recorder.flush()
        let blocks = WrittenBlocks(store.bytes)
        var offset: UInt64 = 0
        var marks: [Mark] = []
        for packet in blocks.packets where !packet.isFromServer {
            let position = offset
            marks += packet.comments.flatMap { RecordingAnnotations().marks(in: $0, side: .client, offset: position) }
            offset += UInt64(packet.payload.count)
        }
        return (blocks, marks)
    }

    @Test(arguments: logins)
    func secretsAreMaskedWhateverTheChunks(login: Login) {
        for split in [nil] + (0...45).map(Optional.init) {
            let (blocks, marks) = record(login, split: split)
            let octets = blocks.stream(server: false) ?? []
            #expect(String(decoding: octets, as: UTF8.self) == login.written)
            let masks = marks.compactMap { if case .masked(let mask) = $0 { mask } else { nil } }
            #expect(masks.map(\.kind) == login.kinds)
            let plain = [UInt8](
                login.lines.filter { $0.hasPrefix("C:") }.map { $0.dropFirst(2) + "\r\n" }.joined().utf8)
            #expect(octets.count == plain.count)
            for index in octets.indices where octets[index] != plain[index] {
                #expect(masks.contains { $0.range.start <= UInt64(index) && UInt64(index) < $0.range.end })
            }
        }
    }

    @Test(arguments: logins)
    func secretsAreKeptWhenAskedFor(login: Login) {
        let (blocks, marks) = record(login, split: 3, keepSecrets: true)
        let plain = login.lines.filter { $0.hasPrefix("C:") }.map { $0.dropFirst(2) + "\r\n" }.joined()
        #expect(blocks.stream(server: false) == [UInt8](plain.utf8))
        #expect(marks == [])
    }

    /// The password of a SOCKS5 login is masked, and its own octets alone, whether the proxy takes it or not.
    @Test(arguments: [0, 1] as [UInt8], [1, 4, 100]) func socksPasswordsAreMasked(verdict: UInt8, step: Int) {
        let store = MemoryStore()
        let recorder = Recorder(store: store, path: "x") { Issue.record($0) }
        let info = SessionInfo.sample()
        let sink = recorder.open(info)
        let offer: [UInt8] = [5, 1, 2]
        let login = [1, 3] + [UInt8]("tim".utf8) + [6] + [UInt8]("secret".utf8)
        let request: [UInt8] = [5, 1, 0, 1, 192, 0, 2, 25, 0, 25]
        let said: [(Side, [UInt8])] = [
            (.client, offer), (.server, [5, 2]), (.client, login), (.server, [1, verdict]), (.client, request),
            (.server, request), (.server, [UInt8]("220 hi\r\n".utf8)), (.client, [UInt8]("QUIT\r\n".utf8)),
        ]
        for (side, octets) in said {
            for start in stride(from: 0, to: octets.count, by: step) {
                let piece = Array(octets[start..<min(octets.count, start + step)])
                sink.receive(piece.span.bytes, from: side, at: info.started)
            }
        }
        sink.end(at: info.started)
        recorder.flush()
        let written = WrittenBlocks(store.bytes).stream(server: false) ?? []
        #expect(written.count == offer.count + login.count + request.count + 6)
        #expect(!String(decoding: store.bytes, as: UTF8.self).contains("secret"))
        if verdict == 0 {
            let masked = [1, 3] + [UInt8]("tim".utf8) + [6] + [UInt8]("******".utf8)
            #expect(written == offer + masked + request + [UInt8]("QUIT\r\n".utf8))
        }
    }

    /// Octets that are no mail, or end in mid-line, are all there.
    @Test(arguments: ["220 hi\r\n", "\u{16}\u{3}\u{1}\u{0}\u{5}hello", "HTTP/1.1 200 OK\r\n\r\nbody", "2"])
    func whateverElseIsWhole(said: String) {
        let store = MemoryStore()
        let recorder = Recorder(store: store, path: "x") { Issue.record($0) }
        let info = SessionInfo.sample()
        let sink = recorder.open(info)
        for side in [Side.server, .client] { sink.receive([UInt8](said.utf8).span.bytes, from: side, at: info.started) }
        sink.end(at: info.started)
        recorder.flush()
        let blocks = WrittenBlocks(store.bytes)
        #expect(blocks.stream(server: true) == [UInt8](said.utf8))
        #expect(blocks.stream(server: false) == [UInt8](said.utf8))
    }
}

/// A store in memory.
final class MemoryStore: BlockStore {
    private(set) var bytes: [UInt8] = []
    var size: Int { bytes.count }
    func append(_ more: [UInt8]) throws(BlockStoreFailure) { bytes += more }
    func withdraw(_ octets: Int) { bytes.removeLast(octets) }
    func sync() throws(BlockStoreFailure) {}
    func close() {}
}
