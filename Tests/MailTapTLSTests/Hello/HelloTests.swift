import Testing

@testable import MailTapTLS

@Suite struct HelloTests {
    private let message = SampleHello.message(name: "Mail.Example.ORG", protocols: ["smtp", "h2"])
    private let expected = ClientHello(serverName: "mail.example.org", applicationProtocols: ["smtp", "h2"])

    @Test(arguments: [1, 5, 64, 10_000])
    func helloIsReadHoweverItIsCut(_ pieces: Int) {
        let octets = SampleHello.records(message, pieces: pieces)
        var reader = ClientHelloReader()
        for octet in octets.dropLast() { #expect(reader.receive([octet]) == .incomplete) }
        #expect(reader.receive(octets.suffix(1)) == .hello(expected))
        #expect(reader.octets == octets)
    }

    @Test func whatStandsBehindIsKept() {
        var reader = ClientHelloReader()
        let octets = SampleHello.records(message) + [20, 3, 3, 0, 1, 1]
        #expect(reader.receive(octets) == .hello(expected))
        #expect(reader.octets == octets)
    }

    @Test(arguments: ["EHLO there\r\n", "\u{16}GET", "\u{16}\u{3}\u{1}\u{0}\u{0}"])
    func otherWordsAreNoTLS(_ text: String) {
        var reader = ClientHelloReader()
        #expect(reader.receive(text.utf8) == .notTLS)
    }

    @Test func anotherMessageIsNoHello() {
        var reader = ClientHelloReader()
        #expect(reader.receive([22, 3, 1, 0, 4, 2, 0, 0, 0]) == .notTLS)
    }

    @Test func endlessHelloIsGivenUp() {
        var reader = ClientHelloReader()
        #expect(reader.receive([22, 3, 1, 0x40, 0, 1, 0xFF, 0xFF, 0xFF]) == .incomplete)
        #expect(reader.receive([UInt8](repeating: 0, count: 20_000)) == .notTLS)
    }

    @Test func everyTruncationAndDamageIsTaken() {
        let octets = SampleHello.records(message)
        for end in octets.indices {
            var reader = ClientHelloReader()
            #expect(reader.receive(octets[..<end]) == .incomplete)
        }
        for index in octets.indices {
            var damaged = octets
            damaged[index] ^= 0xFF
            var reader = ClientHelloReader()
            #expect(reader.receive(damaged) != .hello(ClientHello(serverName: "other")))
        }
    }

    @Test func noNameIsNoName() {
        var reader = ClientHelloReader()
        #expect(reader.receive(SampleHello.records(SampleHello.message(name: nil))) == .hello(ClientHello()))
        var odd = ClientHelloReader()
        #expect(
            odd.receive(SampleHello.records(SampleHello.message(name: "a\r\nb"))) == .hello(ClientHello()),
            "a name with control characters is none")
    }

    @Test func cipherIsReadFromTheServerHello() {
        let hello: [UInt8] = [2, 0, 0, 44, 3, 3] + [UInt8](repeating: 9, count: 32) + [2, 8, 8, 0x13, 0x02, 0, 0, 0]
        let octets = [22, 3, 3, 0, UInt8(hello.count)] + hello
        var reader = ServerHelloReader()
        for octet in octets { reader.receive([octet]) }
        #expect(reader.cipher == "TLS_AES_256_GCM_SHA384")
        var other = ServerHelloReader()
        other.receive("220 mail.example.org\r\n".utf8)
        #expect(other.isDone)
        #expect(other.cipher == nil)
        #expect(CipherSuite.name(0xFAFA) == "0xFAFA")
    }

    @Test func alertInClearIsFoundBehindOtherRecords() {
        let octets: [UInt8] = [20, 3, 3, 0, 1, 1, 21, 3, 3, 0, 2, 2, 48]
        var reader = PlaintextAlertReader()
        for octet in octets { reader.receive([octet]) }
        #expect(reader.name == "unknown ca")
        var encrypted = PlaintextAlertReader()
        encrypted.receive([21, 3, 3, 0, 3, 2, 48, 1])
        #expect(encrypted.name == nil)
    }
}
