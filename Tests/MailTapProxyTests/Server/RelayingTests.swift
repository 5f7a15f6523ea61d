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
