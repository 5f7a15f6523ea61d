import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapProxy

/// The opening of SOCKS5, whole and octet by octet.
@Suite struct SOCKSNegotiationTests {
    typealias Outcome = SOCKSNegotiation.Outcome

    static let request: [UInt8] = [5, 1, 0, 3, 4] + "mail".utf8 + [0, 25]
    static let named = Endpoint(address: nil, port: 25, name: "mail")
    static let login = SOCKSLogin(name: "ali", password: "sesame")

    private static func play(_ octets: [UInt8], login: SOCKSLogin? = nil, step: Int) -> (Outcome, [UInt8]) {
        var negotiation = SOCKSNegotiation(login: login)
        var outcome = Outcome.incomplete
        for piece in octets.cut(step) {
            guard outcome == .incomplete else { break }
            outcome = negotiation.receive(piece)
        }
        return (outcome, negotiation.takeAnswer())
    }

    @Test(arguments: [1, 2, 100]) func whoeverAsksIsServed(step: Int) {
        for (methods, chosen) in [([0], 0), ([1, 0, 2], 0)] as [([UInt8], UInt8)] {
            let opening = [5, UInt8(methods.count)] + methods + Self.request
            let (outcome, answer) = Self.play(opening, step: step)
            #expect(outcome == .target(Self.named, behind: []))
            #expect(answer == [5, chosen])
        }
        let named = [5, 1, 2, 1, 1, 65, 1, 66] + Self.request
        #expect(Self.play(named, step: step) == (.target(Self.named, behind: []), [5, 2, 1, 0]))
    }

    @Test func whatIsSaidBehindTheRequestIsKept() {
        let (outcome, _) = Self.play([5, 1, 0] + Self.request + [22, 3], step: 100)
        #expect(outcome == .target(Self.named, behind: [22, 3]))
    }

    @Test func addressesAreTaken() {
        let v4 = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 25)
        #expect(Self.play([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 25], step: 1).0 == .target(v4, behind: []))
        let v6 = Endpoint(address: IPAddress(high: 0, low: 1), port: 25)
        let octets = [5, 1, 0, 5, 1, 0, 4] + [UInt8](repeating: 0, count: 15) + [1, 0, 25]
        #expect(Self.play(octets, step: 1).0 == .target(v6, behind: []))
        let text = [5, 1, 0, 5, 1, 0, 3, 9] + Array("127.0.0.1".utf8) + [0, 25]
        #expect(Self.play(text, step: 1).0 == .target(v4, behind: []))
    }

    @Test(arguments: [1, 100]) func onlyTheRightLoginIsLetIn(step: Int) {
        func said(_ password: String) -> [UInt8] {
            [5, 2, 0, 2, 1, 3] + Array("ali".utf8) + [UInt8(password.utf8.count)] + Array(password.utf8) + Self.request
        }
        #expect(Self.play(said("sesame"), login: Self.login, step: step).0 == .target(Self.named, behind: []))
        for wrong in ["", "sesam", "sesame2", "Sesame"] {
            let (outcome, answer) = Self.play(said(wrong), login: Self.login, step: step)
            #expect(outcome == .refused("name or password is wrong"))
            #expect(answer == [5, 2, 1, 1])
        }
        let (outcome, answer) = Self.play([5, 1, 0] + Self.request, login: Self.login, step: step)
        #expect(outcome == .refused("it does not log in with a name"))
        #expect(answer == [5, 0xFF])
    }

    @Test func whatCantBeServedIsAnswered() {
        let replies: [([UInt8], SOCKSReply)] = [
            ([5, 2, 0, 1, 1, 2, 3, 4, 0, 25], .commandNotSupported), ([5, 1, 0, 9], .addressNotSupported),
            ([5, 1, 0, 1, 1, 2, 3, 4, 0, 0], .failed), ([5, 1, 0, 3, 0, 0, 25], .failed),
            ([5, 1, 0, 3, 3, 97, 32, 98, 0, 25], .failed), ([4, 1, 0, 1], .failed),
        ]
        for (request, reply) in replies {
            let (outcome, answer) = Self.play([5, 1, 0] + request, step: 100)
            if case .refused = outcome {} else { Issue.record("\(request) is served") }
            #expect(answer == [5, 0] + [5, reply.rawValue, 0, 1, 0, 0, 0, 0, 0, 0])
        }
    }

    @Test func strangersAreNamed() {
        #expect(Self.play([4, 1], step: 1).0 == .refused("it speaks SOCKS version 4; let it use version 5 (socks5h)"))
        #expect(Self.play([22, 3, 1], step: 1).0 == .refused("it begins with TLS; SOCKS comes first"))
    }

    @Test func randomOctetsNeverTrap() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let octets = (0..<40).map { _ in UInt8(truncatingIfNeeded: random.next() % 6) }
            _ = Self.play([5] + octets, login: random.next() % 2 == 0 ? Self.login : nil, step: 3)
        }
    }

    @Test func repliesHaveTheProxysAddress() {
        let v4 = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 258)
        #expect(SOCKSReply.succeeded.octets(bound: v4) == [5, 0, 0, 1, 127, 0, 0, 1, 1, 2])
        let v6 = Endpoint(address: IPAddress(high: 0, low: 1), port: 1)
        #expect(SOCKSReply.succeeded.octets(bound: v6).count == 22)
    }
}
