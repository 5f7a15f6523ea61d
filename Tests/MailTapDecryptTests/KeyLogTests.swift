import Testing

@testable import MailTapDecrypt

@Suite struct KeyLogTests {
    private static let random = String(repeating: "0f", count: 32)
    private static let randomOctets = [UInt8](repeating: 15, count: 32)

    @Test func linesOfBothVersionsAreRead() {
        let keys = KeyLog()
        keys.add(
            """
            # a comment
            CLIENT_RANDOM \(Self.random) \(String(repeating: "A1", count: 48))\r
            CLIENT_HANDSHAKE_TRAFFIC_SECRET \(Self.random) \(String(repeating: "b2", count: 32))
            SERVER_HANDSHAKE_TRAFFIC_SECRET \(Self.random) \(String(repeating: "b3", count: 32))
            CLIENT_TRAFFIC_SECRET_0 \(Self.random) \(String(repeating: "b4", count: 32))
            EXPORTER_SECRET \(Self.random) \(String(repeating: "b5", count: 32))
            SERVER_TRAFFIC_SECRET_0 \(Self.random) \(String(repeating: "b6", count: 32))
            """.utf8)
        let found = keys.secrets(for: Self.randomOctets)
        #expect(found?.master == [UInt8](repeating: 0xA1, count: 48))
        #expect(found?.clientHandshake == [UInt8](repeating: 0xB2, count: 32))
        #expect(found?.serverTraffic == [UInt8](repeating: 0xB6, count: 32))
        #expect(found?.isWholeForTLS13 == true)
        #expect(keys.count == 1)
    }

    @Test(arguments: [
        "", "CLIENT_RANDOM", "CLIENT_RANDOM \(random)", "CLIENT_RANDOM \(random) zz", "client_random \(random) 00",
        "CLIENT_RANDOM \(random)0 \(String(repeating: "00", count: 48))",
        "CLIENT_RANDOM \(random) \(String(repeating: "00", count: 47))",
        "CLIENT_RANDOM \(random) \(String(repeating: "00", count: 48)) more",
        String(repeating: "x", count: 100_000),
    ])
    func junkIsPassedOver(_ line: String) {
        let keys = KeyLog()
        keys.add("\(line)\nCLIENT_TRAFFIC_SECRET_0 \(Self.random) \(String(repeating: "11", count: 48))\n".utf8)
        let found = keys.secrets(for: Self.randomOctets)
        #expect(found?.master == nil)
        #expect(found?.clientTraffic?.count == 48)
    }

    @Test func aGrowingLogCountsWholeLines() {
        let keys = KeyLog()
        let line = "CLIENT_RANDOM \(Self.random) \(String(repeating: "22", count: 48))\n"
        for octet in line.utf8.dropLast() {
            keys.append(CollectionOfOne(octet))
            #expect(keys.isEmpty)
        }
        keys.append([10])
        #expect(keys.secrets(for: Self.randomOctets)?.master != nil)
    }

    @Test func aheadIsLookedOnceWhenSecretsAreMissing() {
        let keys = KeyLog()
        var looks = 0
        keys.lookAhead = {
            looks += 1
            keys.add("CLIENT_RANDOM \(Self.random) \(String(repeating: "33", count: 48))".utf8)
        }
        #expect(keys.secrets(for: Self.randomOctets)?.master != nil)
        #expect(keys.secrets(for: [UInt8](repeating: 1, count: 32)) == nil)
        #expect(looks == 1)
    }
}
