import Testing

@testable import MailTapProxy

struct MetricsServerTests {
    private func ask(_ port: UInt16, _ request: String) throws -> String {
        let socket = try PlainSocket.connect(to: port)
        try socket.send(request)
        return String(decoding: try socket.receiveAll(), as: UTF8.self)
    }

    @Test(arguments: [
        ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "a_total 1\n"),
        ("GET /metrics?x=y HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "a_total 1\n"),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n", "broken\n"),
        ("GET /else HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", "/healthz\n"),
        ("DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n", "answered\n"),
        (
            "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 413 ", "no body here\n"
        ),
        ("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n"),
        ("EHLO x\r\n\r\n", "HTTP/1.1 400 ", ""),
    ])
    func requestsAreAnswered(request: String, begins: String, ends: String) async throws {
        let server = MetricsServer(.init(metrics: { "a_total 1\n" }, problem: { "broken" }))
        let listen = try await server.start(on: ListenAddress(port: 0))
        let answer = try ask(listen.port, request)
        #expect(answer.hasPrefix(begins), "\(answer)")
        #expect(answer.hasSuffix(ends), "\(answer)")
        await server.stop()
    }

    @Test func aHeaderWithoutEndIsCutOff() async throws {
        let server = MetricsServer(.init(metrics: { "" }, problem: { nil }))
        let listen = try await server.start(on: ListenAddress(port: 0))
        let socket = try PlainSocket.connect(to: listen.port)
        // The server closes in the midst of it: sending then fails, sooner or later.
        #expect(throws: PlainSocket.Failure.self) {
            try socket.send("GET /metrics HTTP/1.1\r\nX: ")
            for _ in 0..<1_000 { try socket.send([UInt8](repeating: 65, count: 65_536)) }
        }
        await server.stop()
    }

    @Test func connectionsBeyondTheBoundAreClosed() async throws {
        let server = MetricsServer(.init(metrics: { "a_total 1\n" }, problem: { nil }))
        let listen = try await server.start(on: ListenAddress(port: 0))
        var held: [PlainSocket] = []
        for _ in 0..<MetricsServer.maximumConnections { held.append(try PlainSocket.connect(to: listen.port)) }
        let refused = try PlainSocket.connect(to: listen.port)
        let heard = try? refused.receiveAll()
        #expect(heard?.isEmpty ?? true)
        // The oldest is still answered.
        try held[0].send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(String(decoding: try held[0].receiveAll(), as: UTF8.self).hasSuffix("a_total 1\n"))
        await server.stop()
    }

    @Test func anAddressInUseIsExplained() async throws {
        let taken = try PlainSocket.listen()
        let server = MetricsServer(.init(metrics: { "" }, problem: { nil }))
        let error = await #expect(throws: ProxyError.self) {
            _ = try await server.start(on: ListenAddress(port: taken.port))
        }
        #expect(error?.context.contains("for metrics") == true)
    }
}
