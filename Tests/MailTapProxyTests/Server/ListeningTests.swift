import MailTapCore
import Testing

@testable import MailTapProxy

struct ListeningTests {
    @Test func severalRoutesAreBoundInOrderEachToItsServer() async throws {
        let smtp = try PlainSocket.listen()
        let pop3 = try PlainSocket.listen()
        let routes = try [
            Route(parsing: "0=smtp://127.0.0.1:\(smtp.port)"),
            Route(parsing: "127.0.0.1:0=pop3://localhost:\(pop3.port)"),
        ]
        let proxy = try await TestProxy.start(routes)
        #expect(proxy.bound.compactMap(\.route) == routes)
        #expect(proxy.bound.allSatisfy { $0.listen.port != 0 })
        #expect(proxy.bound[0].announcement == "listening 127.0.0.1:\(proxy.port) -> smtp://127.0.0.1:\(smtp.port)")
        let second = try PlainSocket.connect(to: proxy.bound[1].listen.port)
        let server = try pop3.accept()
        try server.send("+OK ready\r\n")
        #expect(try second.receive(exactly: 11) == Array("+OK ready\r\n".utf8))
        let trace = try #require(await proxy.finish(grace: 0).first)
        #expect(trace.info.expecting == .pop3)
        #expect(trace.info.server.name == "localhost")
        #expect(proxy.warnings.all.isEmpty)
    }

    @Test func ipv6OnBothLegs() async throws {
        let listener = try PlainSocket.listen(v6: true)
        let proxy = try await TestProxy.start(
            to: listener.port, host: "::1", listen: ListenAddress(host: "::1", port: 0))
        #expect(proxy.bound.first?.announcement == "listening [::1]:\(proxy.port) -> smtp://[::1]:\(listener.port)")
        let client = try PlainSocket.connect(to: proxy.port, v6: true)
        let server = try listener.accept()
        try server.send("220 six\r\n")
        #expect(try client.receive(exactly: 9) == Array("220 six\r\n".utf8))
        let trace = try #require(await proxy.finish(grace: 0).first)
        #expect(trace.info.client.address == IPAddress("::1"))
        #expect(trace.info.server.address == IPAddress("::1"))
    }

    @Test func aPortInUseIsExplained() async throws {
        let taken = try PlainSocket.listen()
        let text = "127.0.0.1:\(taken.port)=smtp://mail.example.org"
        let error = await #expect(throws: ProxyError.self) { try await TestProxy.start([Route(parsing: text)]) }
        #expect(error?.code == .bind)
        #expect(error?.context.contains(text) == true)
        #expect(error?.context.contains("in use") == true)
        #expect(error?.context.contains("choose another port") == true)
    }

    @Test func anAddressOfAnotherMachineIsExplained() async throws {
        let error = await #expect(throws: ProxyError.self) {
            try await TestProxy.start([Route(parsing: "192.0.2.1:0=smtp://mail.example.org")])
        }
        #expect(error?.context.contains("no such address") == true)
    }

    @Test func listeningBeyondLoopbackIsWarnedAbout() async throws {
        let proxy = try await TestProxy.start([Route(parsing: "0.0.0.0:0=smtp://127.0.0.1:1")])
        #expect(proxy.warnings.all.contains { $0.contains("0.0.0.0:\(proxy.port)") })
        _ = await proxy.finish(grace: 0)
    }

    @Test func connectionsBeyondTheLimitWaitForRoomAndAreWarnedAboutOnce() async throws {
        let listener = try PlainSocket.listen()
        var options = ProxyOptions()
        options.maximumSessions = 1
        let proxy = try await TestProxy.start(to: listener.port, options: options)
        for round in 0..<2 {
            let first = try PlainSocket.connect(to: proxy.port)
            let firstServer = try listener.accept()
            let second = try PlainSocket.connect(to: proxy.port)
            try firstServer.send("220 first\r\n")
            #expect(try first.receive(exactly: 11) == Array("220 first\r\n".utf8))
            #expect(proxy.server.liveSessions == 1, "round \(round)")
            first.finishSending()
            firstServer.finishSending()
            let secondServer = try listener.accept()
            try secondServer.send("220 second\r\n")
            #expect(try second.receive(exactly: 12) == Array("220 second\r\n".utf8))
            second.finishSending()
            secondServer.finishSending()
            #expect(try second.receiveAll().isEmpty)
        }
        let traces = await proxy.finish()
        #expect(traces.count == 4)
        #expect(!proxy.warnings.all.isEmpty)
        #expect(proxy.warnings.all.allSatisfy { $0.contains("raise ulimit -n") })
    }

    @Test(arguments: [(64, 21), (1_024, 448), (20_000, 9_936), (2, 1)])
    func theLimitOfOpenFilesLeavesSomeForOtherUses(files: Int, sessions: Int) {
        #expect(DescriptorLimit(files: files).sessions == sessions)
    }

    @Test func stripModeWorksThroughSockets() async throws {
        var options = ProxyOptions()
        options.tls = .strip
        let peers = try await Peers.joined(options: options)
        try peers.server.send("220 mx ESMTP\r\n")
        #expect(try peers.client.receive(exactly: 14).count == 14)
        try peers.client.send("EHLO x\r\n")
        #expect(try peers.server.receive(exactly: 8).count == 8)
        try peers.server.send("250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n")
        #expect(try peers.client.receive(exactly: 18) == Array("250-mx\r\n250 SIZE\r\n".utf8))
        try peers.client.send("STARTTLS\r\nQUIT\r\n")
        #expect(try peers.server.receive(exactly: 6) == Array("QUIT\r\n".utf8))
        #expect(String(decoding: try peers.client.receive(), as: UTF8.self).hasPrefix("502 5.5.1 "))
        let trace = try #require(await peers.proxy.finish(grace: 0).first)
        #expect(trace.octets(.client) == Array("EHLO x\r\nSTARTTLS\r\nQUIT\r\n".utf8))
        #expect(trace.marks.contains(.forwarded(StreamRange(.client, 8, 18), [])))
    }

    @Test func manySessionsAtOnceAreKeptApart() async throws {
        let listener = try PlainSocket.listen()
        let proxy = try await TestProxy.start(to: listener.port)
        for number in 0..<200 {
            let client = try PlainSocket.connect(to: proxy.port)
            let server = try listener.accept()
            try server.send("220 \(number)\r\n")
            try client.send("HELO \(number)\r\n")
            #expect(try client.receive(exactly: 6 + "\(number)".count) == Array("220 \(number)\r\n".utf8))
            #expect(try server.receive(exactly: 7 + "\(number)".count) == Array("HELO \(number)\r\n".utf8))
        }
        let traces = await proxy.finish()
        #expect(traces.count == 200)
        let seen = Set(traces.map { String(decoding: $0.octets(.client).dropFirst(5).dropLast(2), as: UTF8.self) })
        #expect(seen == Set((0..<200).map(String.init)))
        #expect(traces.allSatisfy { $0.octets(.client).dropFirst(5) == $0.octets(.server).dropFirst(4) })
    }
}
