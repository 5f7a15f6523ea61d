import MailTapCore
import MailTapProxy
import Testing

struct RelayingTests {
    @Test func serverSpeaksFirstAndBothSidesAreHeard() async throws {
        let listener = try PlainSocket.listen()
        let proxy = try await TestProxy.start(to: listener.port)
        let port = proxy.port
        let client = try PlainSocket.connect(to: port)
        let server = try listener.accept()
        try server.send("220 mail.example.org\r\n")
        #expect(try client.receive(exactly: 22) == Array("220 mail.example.org\r\n".utf8))
        try client.send("QUIT\r\n")
        #expect(try server.receive(exactly: 6) == Array("QUIT\r\n".utf8))
        client.finishSending()
        server.finishSending()
        #expect(try server.receiveAll().isEmpty)
        #expect(try client.receiveAll().isEmpty)
        let traces = await proxy.finish()
        let trace = try #require(traces.first)
        #expect(traces.count == 1)
        #expect(trace.octets(.client) == Array("QUIT\r\n".utf8))
        #expect(trace.octets(.server) == Array("220 mail.example.org\r\n".utf8))
        #expect(Set(trace.marks) == [.eof(.client), .eof(.server)])
        #expect(trace.info.server.address == IPAddress("127.0.0.1"))
        #expect(trace.info.client.port != 0)
        #expect(trace.info.expecting == .smtp)
        #expect(trace.info.route?.hasSuffix("=smtp://127.0.0.1:\(listener.port)") == true)
    }
}

struct HalfCloseTests {
    @Test func theServerStillSpeaksAfterTheClientHasFinished() async throws {
        let peers = try await Peers.joined()
        try peers.client.send("all I say")
        peers.client.finishSending()
        #expect(try peers.server.receiveAll() == Array("all I say".utf8))
        let answer = pattern(3 << 20, seed: 1)
        async let heard = peers.client.receiveAllElsewhere()
        try peers.server.send(answer)
        peers.server.finishSending()
        #expect(try await heard == answer)
        let trace = try #require(await peers.proxy.finish().first)
        #expect(trace.octets(.server) == answer)
        #expect(trace.marks == [.eof(.client), .eof(.server)])
    }

    @Test func theClientStillSpeaksAfterTheServerHasFinished() async throws {
        let peers = try await Peers.joined()
        try peers.server.send("221 bye\r\n")
        peers.server.finishSending()
        #expect(try peers.client.receiveAll() == Array("221 bye\r\n".utf8))
        let words = pattern(3 << 20, seed: 2)
        async let heard = peers.server.receiveAllElsewhere()
        try peers.client.send(words)
        peers.client.finishSending()
        #expect(try await heard == words)
        let trace = try #require(await peers.proxy.finish().first)
        #expect(trace.octets(.client) == words)
        #expect(trace.marks == [.eof(.server), .eof(.client)])
    }

    @Test func whatWaitsForASlowReaderArrivesBeforeTheEnd() async throws {
        let peers = try await Peers.joined()
        peers.client.finishSending()
        #expect(try peers.server.receiveAll().isEmpty)
        let answer = pattern(20 << 20, seed: 3)
        async let sent: Void = peers.server.sendElsewhere(answer, thenFinish: true)
        // The client reads nothing until the whole chain is full.
        try await Task.sleep(for: .milliseconds(200))
        #expect(try await peers.client.receiveAllElsewhere() == answer)
        try await sent
        #expect(await peers.proxy.finish().first?.octets(.server) == answer)
    }
}
