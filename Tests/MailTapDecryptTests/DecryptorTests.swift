import MailTapCore
import Testing

@testable import MailTapDecrypt

/// Sessions through the decryptor: what comes out, where, and when.
@Suite struct DecryptorTests {
    private static let leg = TLSMark.Leg(
        version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", sni: "server", certificateNames: ["rsa"])

    private func keys(_ text: String = RFC8448.keyLog) -> KeyLog {
        let keys = KeyLog()
        keys.add(text.utf8)
        return keys
    }

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }

    private func info() -> SessionInfo {
        SessionInfo(
            source: "test", client: Endpoint(address: nil, port: 1), server: Endpoint(address: nil, port: 25),
            started: at(0))
    }

    private func send(_ octets: [UInt8], _ side: Side, to session: any SessionSink, at time: Int64 = 0) {
        session.receive(octets.span.bytes, from: side, at: at(time))
    }

    private func handshake(_ session: any SessionSink) {
        send(RFC8448.clientHello, .client, to: session)
        send(RFC8448.serverHello + RFC8448.serverFlight, .server, to: session)
        send(RFC8448.clientFinished, .client, to: session)
        send(RFC8448.ticket, .server, to: session)
    }

    private func content(_ session: any SessionSink) {
        send(RFC8448.clientData, .client, to: session)
        send(RFC8448.serverData, .server, to: session)
    }

    private func entries(_ collector: TraceCollector) -> [Trace.Entry] {
        collector.traces.flatMap(\.entries).map(\.entry)
    }

    private func octets(_ entries: [Trace.Entry], of side: Side) -> [UInt8] {
        entries.flatMap { entry in if case .chunk(side, let octets) = entry { octets } else { [UInt8]() } }
    }

    @Test func implicitTLSGoesOnInPlaintext() {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: keys()).open(info())
        handshake(session)
        content(session)
        session.mark(.eof(.client), at: at(1))
        session.end(at: at(2))
        #expect(
            entries(collector) == [
                .mark(.tls(TLSMark(start: .implicit, isDecrypted: true, client: Self.leg))),
                .chunk(.client, RFC8448.content), .chunk(.server, RFC8448.content), .mark(.eof(.client)),
            ])
        #expect(collector.traces.first?.ended == at(2))
    }

    @Test(arguments: ["STARTTLS\r\n", "starttls\r\n", "STLS\n", "StartTLS \r\n"])
    func theClearPartStays(_ command: String) {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: keys()).open(info())
        send(Array("220 mx\r\n".utf8), .server, to: session)
        send(Array("EHLO x\r\n".utf8) + Array(command.utf8), .client, to: session)
        send(Array("220 go\r\n".utf8), .server, to: session)
        handshake(session)
        content(session)
        session.end(at: at(1))
        #expect(
            entries(collector).suffix(3) == [
                .mark(.tls(TLSMark(start: .starttls, isDecrypted: true, client: Self.leg))),
                .chunk(.client, RFC8448.content), .chunk(.server, RFC8448.content),
            ])
        #expect(octets(entries(collector), of: .server).starts(with: "220 mx\r\n220 go\r\n".utf8))
    }

    /// Content that looks like a hello, where nobody asked for TLS, is content.
    @Test func aHelloInsideAMessageIsNone() {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: keys()).open(info())
        send(Array("220 mx\r\n".utf8), .server, to: session)
        for line in ["EHLO x\r\n", "STARTTLS please\r\n", "BDAT 201 LAST\r\n"] {
            send(Array(line.utf8), .client, to: session)
        }
        send(RFC8448.clientHello, .client, to: session)
        session.end(at: at(1))
        #expect(octets(entries(collector), of: .client).suffix(RFC8448.clientHello.count) == RFC8448.clientHello[...])
    }

    @Test func withoutSecretsTheOctetsStayBehindWhatTheHandshakeShows() {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: KeyLog()).open(info())
        handshake(session)
        content(session)
        session.end(at: at(1))
        var leg = Self.leg
        leg.certificateNames = []
        #expect(
            entries(collector).first == .mark(.tls(TLSMark(start: .implicit, isDecrypted: false, client: leg))))
        #expect(
            octets(entries(collector), of: .client)
                == RFC8448.clientHello + RFC8448.clientFinished + RFC8448.clientData)
    }

    @Test func secretsThatComeLaterOpenWhatWaits() {
        let collector = TraceCollector()
        let late = KeyLog()
        let decryptor = Decryptor(into: collector, keys: late, patience: .brief)
        let session = decryptor.open(info())
        handshake(session)
        content(session)
        #expect(entries(collector).isEmpty)
        // The lines of one connection are written one after another.
        let lines = RFC8448.keyLog.split(separator: "\n")
        late.add(lines.prefix(2).joined(separator: "\n").utf8)
        decryptor.keysChanged()
        #expect(entries(collector).isEmpty)
        late.add(lines.suffix(2).joined(separator: "\n").utf8)
        decryptor.keysChanged()
        #expect(octets(entries(collector), of: .client) == RFC8448.content)
        session.end(at: at(1))
    }

    @Test func anEndedSessionWaitsToo() {
        let collector = TraceCollector()
        let late = KeyLog()
        let decryptor = Decryptor(into: collector, keys: late, patience: .brief)
        let session = decryptor.open(info())
        handshake(session)
        content(session)
        session.end(at: at(1))
        late.add(RFC8448.keyLog.utf8)
        decryptor.keysChanged()
        #expect(octets(entries(collector), of: .server) == RFC8448.content)
        #expect(collector.traces.first?.ended == at(1))
    }

    @Test func patienceEnds() {
        let collector = TraceCollector()
        let decryptor = Decryptor(into: collector, keys: KeyLog(), patience: .brief)
        let session = decryptor.open(info())
        handshake(session)
        decryptor.advance(to: at(2))
        #expect(entries(collector).isEmpty)
        decryptor.advance(to: at(4))
        #expect(octets(entries(collector), of: .client) == RFC8448.clientHello + RFC8448.clientFinished)
        content(session)
        session.end(at: at(5))
        #expect(octets(entries(collector), of: .client).suffix(72) == RFC8448.clientData[...])
    }

    @Test func whatWaitsIsBounded() {
        let collector = TraceCollector()
        var patience = Decryptor.Patience.brief
        patience.octetsInAll = 10_000
        let decryptor = Decryptor(into: collector, keys: KeyLog(), patience: patience)
        let sessions = (0..<50).map { _ in decryptor.open(info()) }
        for session in sessions { handshake(session) }
        let released = collector.traces.filter { !$0.entries.isEmpty }
        #expect(released.count >= 35 && released.count < 50)
        decryptor.finish()
        #expect(collector.traces.allSatisfy { !$0.entries.isEmpty })
    }

    @Test func lostOctetsAreAGapWithItsReason() {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: keys()).open(info())
        handshake(session)
        session.mark(.gap(.client, 72), at: at(1))
        send(RFC8448.clientData, .client, to: session)
        send(RFC8448.clientData, .client, to: session)
        send(RFC8448.serverData, .server, to: session)
        session.end(at: at(2))
        let text = "the client's octets are not decrypted from here on: 72 octets are missing"
        #expect(
            entries(collector).dropFirst() == [
                .mark(.trouble(Trouble(code: "decrypt-failed", text: text))), .mark(.gap(.client, 216)),
                .chunk(.server, RFC8448.content),
            ])
    }

    @Test func aRefusedHandshakeIsToldAndClearTextGoesOn() throws {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: keys()).open(info())
        send(RFC8448.clientHello, .client, to: session)
        send([21, 3, 3, 0, 2, 2, 70], .server, to: session)
        send(Array("QUIT\r\n".utf8), .client, to: session)
        session.end(at: at(1))
        let came = entries(collector)
        #expect(octets(came, of: .client) == RFC8448.clientHello + Array("QUIT\r\n".utf8))
        let trouble = came.compactMap { entry in
            if case .mark(.trouble(let trouble)) = entry { trouble } else { nil }
        }
        #expect(trouble.map(\.code) == ["tls-alert"])
        #expect(trouble.first?.text.contains("protocol_version") == true)
    }

    @Test func whatTheSourceDecryptedIsLeftAlone() {
        let collector = TraceCollector()
        let session = Decryptor(into: collector, keys: keys()).open(info())
        let mark = TLSMark(start: .implicit, isDecrypted: true, client: TLSMark.Leg())
        session.mark(.tls(mark), at: at(0))
        send([22, 3, 1, 0, 1, 1], .client, to: session)
        session.end(at: at(1))
        #expect(entries(collector) == [.mark(.tls(mark)), .chunk(.client, [22, 3, 1, 0, 1, 1])])
    }
}
