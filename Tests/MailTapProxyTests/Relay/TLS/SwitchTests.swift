import MailTapCore
import Testing

@testable import MailTapProxy

/// The beginning of TLS as the pure relay goes through it.
@Suite struct SwitchTests {
    /// A record of type handshake that begins a ClientHello and never ends.
    static let partialHello: [UInt8] = [22, 3, 1, 2, 0, 1, 0, 1, 252]
    /// The shortest whole ClientHello, without extensions.
    static let hello: [UInt8] = {
        let body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0, 0, 0]
        let message: [UInt8] = [1, 0, 0, UInt8(body.count)] + body
        return [22, 3, 1, 0, UInt8(message.count)] + message
    }()
    /// The same, which asks for mail.example.org and offers the application protocol `smtp`.
    static let namedHello: [UInt8] = {
        let name: [UInt8] = [0, 0, 0, 21, 0, 19, 0, 0, 16] + Array("mail.example.org".utf8)
        let offer: [UInt8] = [0, 16, 0, 7, 0, 5, 4] + Array("smtp".utf8)
        let extensions = name + offer
        let body: [UInt8] =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0, 0, UInt8(extensions.count)]
            + extensions
        let message: [UInt8] = [1, 0, 0, UInt8(body.count)] + body
        return [22, 3, 1, 0, UInt8(message.count)] + message
    }()
    static let leg = TLSMark.Leg(version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256")

    static func book(_ plan: TLSPlan = .follow(implicit: false), scheme: MailURL.Scheme = .smtp) -> Playbook {
        var settings = RelaySettings(server: MailURL(scheme: scheme, host: "mail.example.org"))
        settings.tls = plan
        let book = Playbook(settings)
        book.given(.connected)
        _ = book.does()
        return book
    }

    private static func greeted(_ scheme: MailURL.Scheme = .smtp) -> Playbook {
        let book = book(scheme: scheme)
        book.given(.server, says: scheme == .pop3 ? "+OK ready\r\n" : "220 mx ESMTP\r\n")
        _ = book.hears(.client)
        return book
    }

    private static func starts(_ effects: [RelayEffect]) -> [(Side, TLSOpening)] {
        effects.compactMap { if case .startTLS(let side, let opening) = $0 { (side, opening) } else { nil } }
    }

    static let requests = [
        ("STARTTLS\r\n", "220 2.0.0 go\r\n", MailURL.Scheme.smtp), ("STLS\r\n", "+OK go\r\n", .pop3),
    ]

    @Test(arguments: requests, [1, 2, 3, 5, 100])
    func serverComesFirstThenTheClient(_ words: (String, String, MailURL.Scheme), step: Int) {
        let (request, goAhead, scheme) = words
        let book = Self.greeted(scheme)
        for piece in Array(request.utf8).cut(step) { book.given(.client, says: piece) }
        #expect(book.hears(.server) == request)
        for piece in Array(goAhead.utf8).cut(step) { book.given(.server, says: piece) }
        #expect(book.hears(.client) == "")
        #expect(Self.starts(book.does()).map(\.0) == [.server])
        #expect(!book.reads(.client))
        book.given(.tlsDone(.server, Self.leg))
        #expect(book.hears(.client) == goAhead)
        #expect(book.reads(.client))
        for octet in Self.hello.dropLast() { book.given(.client, says: [octet]) }
        #expect(Self.starts(book.does()).isEmpty)
        book.given(.client, says: Array(Self.hello.suffix(1)))
        let begun = Self.starts(book.does())
        #expect(begun.map(\.0) == [.client])
        #expect(begun.first?.1.octets == Self.hello)
        _ = book.notes()
        book.given(.tlsDone(.client, Self.leg))
        #expect(
            book.notes() == [.tls(TLSMark(start: .starttls, isDecrypted: true, client: Self.leg, upstream: Self.leg))])
        book.given(.client, says: "EHLO again\r\n")
        #expect(book.hears(.server) == "EHLO again\r\n")
        #expect(book.reads(.server))
    }

    /// Records of type handshake that hold no ClientHello.
    static let noHellos: [[UInt8]] = [
        [22, 3, 1, 0, 5] + Array("hello".utf8), [22, 3, 1, 0, 0],
        [22, 3, 1, 255, 255] + [UInt8](repeating: 97, count: 70_000),
    ]

    @Test(arguments: noHellos, [false, true])
    func garbageThatBeginsLikeAHandshakeStartsNothing(_ octets: [UInt8], isImplicit: Bool) {
        let book = Self.book(.follow(implicit: isImplicit))
        for piece in octets.cut(isImplicit ? 1_000 : 3) { book.given(.client, says: piece) }
        #expect(!Self.starts(book.does()).contains { $0.0 == .client })
        #expect(book.recorded[.client]?.starts(with: octets.prefix(5)) == true)
    }

    @Test func aRefusalGoesOnAsItCame() {
        let book = Self.greeted()
        book.given(.client, says: "STARTTLS\r\n")
        for piece in Array("454 4.7.0 not now\r\n".utf8).cut(4) { book.given(.server, says: piece) }
        #expect(book.hears(.client) == "454 4.7.0 not now\r\n")
        #expect(Self.starts(book.does()).isEmpty)
        book.given(.client, says: "NOOP\r\n")
        #expect(book.hears(.server) == "STARTTLS\r\nNOOP\r\n")
    }

    @Test func earlierRepliesDoNotWait() {
        let book = Self.greeted()
        book.given(.client, says: "NOOP\r\nSTARTTLS\r\n")
        book.given(.server, says: "250 ok\r\n22")
        #expect(book.hears(.client) == "250 ok\r\n")
        book.given(.server, says: "0 go\r\n")
        #expect(book.hears(.client) == "")
        #expect(Self.starts(book.does()).map(\.0) == [.server])
    }

    @Test func clearTextBehindTheRequestIsRelayedAndNeverFedToTLS() {
        let book = Self.greeted()
        book.given(.client, says: "STARTTLS\r\nNOOP\r\n")
        #expect(book.hears(.server) == "STARTTLS\r\nNOOP\r\n")
        book.given(.server, says: "220 go\r\n")
        book.given(.tlsDone(.server, Self.leg))
        book.given(.client, says: Self.hello)
        let begun = Self.starts(book.does())
        #expect(begun.map(\.0) == [.server, .client])
        #expect(begun.allSatisfy { !$0.1.octets.contains(UInt8(ascii: "N")) })
        #expect(book.recorded[.client] == Array("STARTTLS\r\nNOOP\r\n".utf8))
    }

    @Test func helloBehindTheRequestWaitsForTLS() {
        let book = Self.greeted()
        book.given(.client, says: Array("STARTTLS\r\n".utf8) + Self.hello)
        #expect(book.hears(.server) == "STARTTLS\r\n")
        #expect(!book.reads(.client))
        book.given(.server, says: "220 go\r\n")
        book.given(.tlsDone(.server, Self.leg))
        let begun = Self.starts(book.does())
        #expect(begun.map(\.0) == [.server, .client])
        #expect(begun.last?.1.octets == Self.hello)
        #expect(book.recorded[.client] == Array("STARTTLS\r\n".utf8))
    }

    @Test func serversOctetsBehindTheGoAheadKeepTheirKind() {
        let clear = Self.greeted()
        clear.given(.client, says: "STARTTLS\r\n")
        clear.given(.server, says: "220 go\r\n250 injected\r\n")
        #expect(Self.starts(clear.does()).first?.1.octets == [])
        clear.given(.tlsDone(.server, Self.leg))
        #expect(clear.hears(.client) == "220 go\r\n250 injected\r\n")
        let cipher = Self.greeted()
        cipher.given(.client, says: "STARTTLS\r\n")
        cipher.given(.server, says: Array("220 go\r\n".utf8) + [22, 3, 3, 0, 4, 0, 0, 0, 0])
        #expect(Self.starts(cipher.does()).first?.1.octets == [22, 3, 3, 0, 4, 0, 0, 0, 0])
        cipher.given(.tlsDone(.server, Self.leg))
        #expect(cipher.hears(.client) == "220 go\r\n")
    }

    @Test func aWordInAMessageIsNoRequest() {
        let book = Self.greeted()
        book.given(.client, says: "MAIL FROM:<a@b>\r\n")
        book.given(.server, says: "250 ok\r\n")
        book.given(.client, says: "RCPT TO:<a@b>\r\n")
        book.given(.server, says: "250 ok\r\n")
        book.given(.client, says: "DATA\r\n")
        book.given(.server, says: "354 go\r\n")
        book.given(.client, says: "STARTTLS\r\n.\r\n")
        book.given(.server, says: "250 taken\r\n")
        #expect(Self.starts(book.does()).isEmpty)
        #expect(book.hears(.client).hasSuffix("250 taken\r\n"))
    }

    @Test func implicitTLSTakesTheNameFromTheHelloAndHoldsTheGreeting() {
        let book = Self.book(.follow(implicit: true), scheme: .smtps)
        book.given(.client, says: Self.partialHello)
        #expect(Self.starts(book.does()).isEmpty)
        let whole = Self.book(.follow(implicit: true), scheme: .smtps)
        whole.given(.client, says: Self.hello)
        #expect(Self.starts(whole.does()).map(\.0) == [.server])
        whole.given(.tlsDone(.server, Self.leg))
        whole.given(.server, says: "220 mx ESMTP\r\n")
        #expect(whole.hears(.client) == "")
        whole.given(.tlsDone(.client, Self.leg))
        #expect(whole.hears(.client) == "220 mx ESMTP\r\n")
        #expect(whole.recorded[.server] == Array("220 mx ESMTP\r\n".utf8))
    }

    @Test func aServerInClearOverrulesTheScheme() {
        let book = Self.book(.follow(implicit: true), scheme: .smtps)
        book.given(.server, says: "220 mx ESMTP\r\n")
        #expect(book.hears(.client) == "220 mx ESMTP\r\n")
        book.given(.client, says: "EHLO me\r\n")
        #expect(book.hears(.server) == "EHLO me\r\n")
        #expect(Self.starts(book.does()).isEmpty)
    }

    @Test func aClientThatBeginsWithTLSOverrulesTheScheme() {
        let book = Self.book()
        book.given(.client, says: Self.hello)
        #expect(book.hears(.server) == "")
        #expect(Self.starts(book.does()).map(\.0) == [.server])
    }
}

extension [UInt8] {
    /// Pieces of so many octets.
    func cut(_ step: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: step).map { Array(self[$0..<Swift.min(count, $0 + step)]) }
    }
}
