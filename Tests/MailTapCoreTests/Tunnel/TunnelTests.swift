import MailTapCore
import MailTapTesting
import Testing

/// Mail that another protocol's stream carries.
@Suite struct TunnelTests {
    private static func events(_ script: Script) -> EventCollector {
        var info = SessionInfo.test
        info.server.port = 1080
        return EventCollector.collect(script.trace(info: info))
    }

    private static func tunnels(_ collected: EventCollector) -> [Tunnel] {
        zip(collected.events, collected.lines).compactMap { event, octets in
            if case .tunnel(let kind) = event.kind { Tunnel(kind, reading: octets.span.bytes) } else { nil }
        }
    }

    private static func secrets(_ collected: EventCollector) -> [String] {
        zip(collected.events, collected.lines).compactMap { event, octets in
            if case .secret = event.kind { String(decoding: octets, as: UTF8.self) } else { nil }
        }
    }

    private static func commands(_ collected: EventCollector) -> [String] {
        zip(collected.events, collected.lines).compactMap { event, octets in
            if case .command = event.kind { String(decoding: octets.dropLast(2), as: UTF8.self) } else { nil }
        }
    }

    static let leading: [(Script, Tunnel.Kind, String)] = [
        (TunnelScripts.connect, .httpConnect, "mail.example.org:25"),
        (TunnelScripts.connectAgain, .httpConnect, "mail.example.org:587"),
        (TunnelScripts.connectChunked, .httpConnect, "mail.example.org:587"),
        (TunnelScripts.socks4, .socks4, "192.0.2.25:25"), (TunnelScripts.socks5, .socks5, "mail.example.org:25"),
    ]

    @Test(arguments: leading) func theDialogueInsideIsFound(_ script: Script, kind: Tunnel.Kind, target: String) throws
    {
        let collected = Self.events(script)
        #expect(Self.commands(collected) == ["EHLO client.example", "QUIT"])
        let tunnel = try #require(Self.tunnels(collected).first)
        #expect(tunnel.kind == kind)
        #expect(tunnel.target?.description == target)
        #expect(tunnel.client == nil)
    }

    @Test func popInsideSOCKS4aIsFound() throws {
        let collected = Self.events(TunnelScripts.socks4a)
        #expect(Self.commands(collected) == ["USER alice", "PASS secret", "QUIT"])
        let tunnel = try #require(Self.tunnels(collected).first)
        #expect(tunnel == Tunnel(.socks4a, reading: TunnelScripts.stream(TunnelScripts.socks4a, 26).span.bytes))
        #expect(tunnel.target == Endpoint(address: nil, port: 110, name: "mail.example.org"))
    }

    @Test func credentialsOfTheTunnelAreSecrets() {
        #expect(Self.secrets(Self.events(TunnelScripts.connect)) == ["YWxpY2U6c2VjcmV0"])
        #expect(Self.secrets(Self.events(TunnelScripts.connectAgain)) == [" abcdef"])
        #expect(Self.secrets(Self.events(TunnelScripts.socks5)) == ["secret"])
        // A refused login is never decided, so all of it is hidden.
        let refused = Self.secrets(Self.events(TunnelScripts.socks5Refused)).joined()
        #expect(refused.hasSuffix("secret"))
    }

    @Test(arguments: 1..<30) func credentialsOfAnOpeningThatIsCutOffAreHidden(length: Int) {
        let whole = TunnelScripts.socks5.steps
        guard case .octets(_, let login) = whole[2] else { return }
        let cut = Array(login.prefix(length))
        let steps = [
            whole[0], whole[1], .octets(.client, cut), .mark(.gap(.client, 3)), .octets(.client, [0x65, 0x74]),
        ]
        let collected = Self.events(Script("cut", steps: steps))
        if cut.count < login.count { #expect(Self.secrets(collected).joined().utf8.count == cut.count + 2) }
        #expect(Self.commands(collected).isEmpty)
    }

    @Test func aProxyHeaderNamesTheClient() {
        let expected = Endpoint(address: IPAddress("198.51.100.7"), port: 50112)
        for script in [TunnelScripts.proxy1, TunnelScripts.proxy2] {
            let collected = Self.events(script)
            #expect(Self.tunnels(collected).map(\.client) == [expected])
            #expect(Self.tunnels(collected).map(\.target?.description) == ["198.51.100.25:25"])
            #expect(Self.commands(collected) == ["EHLO client.example", "QUIT"])
        }
        #expect(Self.tunnels(Self.events(TunnelScripts.proxy1Unknown)).map(\.client) == [nil])
    }

    @Test func tunnelsNest() {
        let collected = Self.events(TunnelScripts.nested)
        #expect(Self.tunnels(collected).map(\.kind) == [.proxy1, .socks4])
        #expect(Self.tunnels(collected).first?.client?.description == "[2001:db8::7]:50112")
        #expect(Self.commands(collected) == ["EHLO client.example", "QUIT"])
    }

    @Test func thePortInsideSaysWhatTLSCarries() {
        let kinds = Self.events(TunnelScripts.overTLS).events.map(\.kind)
        #expect(kinds.contains(.detected(.smtp)))
        #expect(kinds.contains(.tls(.implicit)))
    }

    /// A server that greets first speaks no such protocol: the line is a command that it refuses.
    @Test(arguments: ["PROXY TCP4 192.0.2.1 192.0.2.2 1 2", "CONNECT mail.example.org:25 HTTP/1.1"])
    func theSameWordsBehindAGreetingAreCommands(line: String) {
        let script = Script("late", "S: 220 mail.example.org ESMTP\nC: \(line)\nS: 500 what\nC: QUIT\nS: 221 bye")
        let collected = EventCollector.collect(script.trace())
        #expect(Self.commands(collected) == [line, "QUIT"])
        #expect(Self.tunnels(collected).isEmpty)
    }

    @Test func whatGoesElsewhereIsNoMail() {
        let web = Script(
            "web",
            "C: CONNECT www.example.org:443 HTTP/1.1\nC: \nS: HTTP/1.1 200 OK\nS: \nC| \\x16\\x03\\x01\\x00\\x02ab")
        let kinds = Self.events(web).events.map(\.kind)
        #expect(!kinds.contains { if case .detected = $0 { true } else { false } })
    }
}

extension TunnelScripts {
    /// The first octets that the client of a script sends.
    static func stream(_ script: Script, _ count: Int) -> [UInt8] { Array(script.stream(.client).prefix(count)) }
}
