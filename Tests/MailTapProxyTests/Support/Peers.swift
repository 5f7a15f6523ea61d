import MailTapTesting

@testable import MailTapProxy

/// A client and a server that are joined by a running proxy.
struct Peers: Sendable {
    let proxy: TestProxy
    let client: PlainSocket
    let server: PlainSocket

    static func joined(
        options: ProxyOptions = ProxyOptions(), highWater: Int = 8 << 20, collects: Bool = true
    ) async throws -> Peers {
        let listener = try PlainSocket.listen()
        let proxy = try await TestProxy.start(
            to: listener.port, options: options, highWater: highWater, collects: collects)
        let client = try PlainSocket.connect(to: proxy.port)
        return Peers(proxy: proxy, client: client, server: try listener.accept())
    }
}

/// Octets that differ everywhere, so that a loss or an exchange shows.
func pattern(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        var offset = 0
        while offset < count {
            var word = random.next()
            for _ in 0..<min(8, count - offset) {
                buffer[offset] = UInt8(truncatingIfNeeded: word)
                word >>= 8
                offset += 1
            }
        }
        initialized = count
    }
}
