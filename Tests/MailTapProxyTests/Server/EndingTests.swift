import MailTapCore
import Testing

@testable import MailTapProxy

struct EndingTests {
    @Test func aResetOfTheServerReachesTheClientAsAReset() async throws {
        let listener = try PlainSocket.listen()
        let proxy = try await TestProxy.start(to: listener.port)
        let client = try PlainSocket.connect(to: proxy.port)
        let server = try listener.accept()
        try server.send("554 go away\r\n")
        #expect(try client.receive(exactly: 13) == Array("554 go away\r\n".utf8))
        server.abort()
        let failure = #expect(throws: PlainSocket.Failure.self) { try client.receive() }
        #expect(failure?.isReset == true)
        let trace = try #require(await proxy.finish().first)
        #expect(trace.octets(.server) == Array("554 go away\r\n".utf8))
        #expect(trace.marks == [.reset(.server)])
    }

    @Test func aResetOfTheClientReachesTheServerAsAReset() async throws {
        let listener = try PlainSocket.listen()
        let proxy = try await TestProxy.start(to: listener.port)
        let client = try PlainSocket.connect(to: proxy.port)
        let server = try listener.accept()
        try client.send("EHLO x\r\n")
        // A reset throws away what the receiver has not read yet, so it waits until the octets are through.
        #expect(try server.receive(exactly: 8) == Array("EHLO x\r\n".utf8))
        client.abort()
        let failure = #expect(throws: PlainSocket.Failure.self) { try server.receive() }
        #expect(failure?.isReset == true)
        let trace = try #require(await proxy.finish().first)
        #expect(trace.marks == [.reset(.client)])
    }

    @Test func anUnreachableServerIsAnsweredForInTheProtocol() async throws {
        // A port that was free a moment ago: nothing listens there.
        let port = try PlainSocket.listen().port
        for (scheme, words) in [(MailURL.Scheme.smtp, "421 4.3.2 "), (.pop3, "-ERR [SYS/TEMP] ")] {
            let proxy = try await TestProxy.start(to: port, scheme: scheme)
            let client = try PlainSocket.connect(to: proxy.port)
            let heard = try client.receiveAll()
            #expect(String(decoding: heard, as: UTF8.self).hasPrefix(words))
            client.finishSending()
            let trace = try #require(await proxy.finish().first)
            #expect(trace.octets(.server) == heard)
            #expect(trace.info.server == Endpoint(address: IPAddress("127.0.0.1"), port: port))
            #expect(
                trace.marks.contains {
                    if case .trouble(let trouble) = $0 { trouble.code == "connect-failed" } else { false }
                })
            #expect(trace.marks.contains(.injected(StreamRange(.server, 0, UInt64(heard.count)))))
            #expect(proxy.warnings.all.contains { $0.contains("Connection refused") })
        }
    }

    @Test func aNameThatCantBeResolvedIsAnsweredFor() async throws {
        let proxy = try await TestProxy.start(to: 25, host: "nowhere.invalid")
        let client = try PlainSocket.connect(to: proxy.port)
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("421 4.3.2 "))
        client.finishSending()
        let trace = try #require(await proxy.finish().first)
        #expect(trace.info.server == Endpoint(address: nil, port: 25, name: "nowhere.invalid"))
    }

    @Test func silenceEndsASessionWhereThatIsAskedFor() async throws {
        var options = ProxyOptions()
        options.idleTimeout = 0.05
        let peers = try await Peers.joined(options: options)
        #expect(try peers.client.receiveAll().isEmpty)
        #expect(try peers.server.receiveAll().isEmpty)
        #expect(await peers.proxy.finish().first?.marks == [.ended(.timeout)])
    }

    @Test func aShutdownLetsARunningSessionFinish() async throws {
        let peers = try await Peers.joined()
        let proxy = peers.proxy
        async let traces = proxy.finish(grace: 30)
        while (try? PlainSocket.connect(to: proxy.port)) != nil { try await Task.sleep(for: .milliseconds(5)) }
        try peers.client.send("QUIT\r\n")
        #expect(try peers.server.receive(exactly: 6).count == 6)
        peers.client.finishSending()
        peers.server.finishSending()
        #expect(try peers.client.receiveAll().isEmpty)
        let trace = try #require(await traces.first { $0.octets(.client).count == 6 })
        #expect(Set(trace.marks) == [.eof(.client), .eof(.server)])
    }

    @Test func aShutdownEndsWhatGoesOnTooLong() async throws {
        let peers = try await Peers.joined()
        try peers.server.send("220 ready\r\n")
        #expect(try peers.client.receive(exactly: 11).count == 11)
        let traces = await peers.proxy.finish(grace: 0.02)
        #expect(traces.first?.marks == [.ended(.killed)])
        #expect(traces.first?.octets(.server).count == 11)
        #expect(try peers.client.receiveAll().isEmpty)
    }

    @Test func anAbortCutsAShutdownShort() async throws {
        let peers = try await Peers.joined()
        try peers.server.send("220 ready\r\n")
        #expect(try peers.client.receive(exactly: 11).count == 11)
        let proxy = peers.proxy
        async let slow: [Trace] = proxy.finish(grace: 3_600)
        await proxy.server.abort()
        #expect(await slow.first?.marks == [.ended(.killed)])
        #expect(proxy.traces.all.first?.octets(.server).count == 11)
    }
}
