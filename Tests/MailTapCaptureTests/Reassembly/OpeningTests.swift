import MailTapCore
import Testing

@testable import MailTapCapture

/// How connections begin: what a SYN carries, meets or follows.
@Suite struct OpeningTests {
    /// A client that spares itself a round trip (RFC 7413): its first octets stand in the SYN.
    private static func fastOpen(isAccepted: Bool) -> Conversation {
        var talk = Conversation(handshake: false)
        talk.add(.client, Array("EHLO fast\r\n".utf8), flags: .syn, ack: false)
        if !isAccepted {
            talk.received[1] = 1001
            talk.next[0] = 1001
        }
        talk.add(.server, [], flags: .syn)
        talk.add(.client, [])
        if !isAccepted { talk.say(.client, "EHLO fast\r\n") }
        talk.say(.server, "220 hi\r\n")
        talk.say(.server, "250 ok\r\n")
        talk.say(.client, "QUIT\r\n")
        return talk
    }

    @Test(arguments: [true, false]) func octetsInASYNAreDelivered(isAccepted: Bool) throws {
        let talk = Self.fastOpen(isAccepted: isAccepted)
        for order in [
            talk.segments, talk.segments(of: .server) + talk.segments(of: .client),
            talk.segments(of: .client) + talk.segments(of: .server),
        ] {
            let traces = reassemble(order)
            #expect(traces.map { $0.text(.client) } == ["EHLO fast\r\nQUIT\r\n"])
            #expect(traces.map { $0.text(.server) } == ["220 hi\r\n250 ok\r\n"])
            #expect(traces.allSatisfy { $0.marks.isEmpty && $0.info.client.port == 50112 })
        }
    }

    @Test func ofTwoThatOpenAtOnceTheMailPortServes() {
        var talk = Conversation(handshake: false)
        talk.add(.server, [], flags: .syn, ack: false)
        talk.add(.client, [], flags: .syn, ack: false)
        talk.stray(.server, at: -1, "", flags: .syn)
        talk.stray(.client, at: -1, "", flags: .syn)
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "QUIT\r\n")
        for order in [talk.segments, talk.segments(of: .client) + talk.segments(of: .server)] {
            let traces = reassemble(order)
            #expect(traces.map(\.info.server.port) == [25])
            #expect(traces.map { $0.text(.client) } == ["QUIT\r\n"])
            #expect(traces.map(\.info.startSeen) == [true])
            #expect(traces.allSatisfy { $0.gaps.isEmpty })
        }
    }

    @Test(
        arguments: [(77_000_000, 99_000_000), (1_000_000, 2_000_000), (4_000_000_000, 3_000_000_000)]
            as [(UInt32, UInt32)])
    func whatTheOldConnectionStillSendsStaysOutOfTheNew(isn: (UInt32, UInt32)) {
        let first = Conversation.mail().segments.dropLast(3)
        let second = Conversation.mail(isn: isn).segments
        let late = first[first.count - 4]
        for place in [1, 2, 3, 4, 6] {
            var segments = Array(first) + second
            segments.insert(late, at: first.count + place)
            let traces = reassemble(segments)
            #expect(traces.count == 2, "late at \(place)")
            #expect(traces.last?.stream(.client) == Conversation.mail().stream(.client), "late at \(place)")
            #expect(traces.last?.gaps == [], "late at \(place)")
        }
    }

    @Test func aLateCopyOfAnOldSYNDoesNotHideTheNewConnection() {
        let old = Conversation(isn: (500_000, 9000)).segments[0]
        let talk = Conversation.mail(isn: (70_000_000, 9000))
        for place in 1...4 {
            var segments = talk.segments
            segments.insert(old, at: place)
            let traces = reassemble(segments)
            #expect(traces.count == 1, "copy at \(place)")
            #expect(traces.first?.stream(.client) == talk.stream(.client), "copy at \(place)")
            #expect(traces.first?.gaps == [], "copy at \(place)")
        }
    }

    @Test func aSYNTriedAgainIsOneConnection() {
        let talk = Conversation.mail(isn: (70_000_000, 9000))
        let tried = Conversation(isn: (500_000, 1)).segments[0]
        let traces = reassemble([tried, tried, talk.segments[0]] + talk.segments)
        #expect(traces.map { $0.stream(.client) } == [talk.stream(.client)])
    }

    /// A SYN comes again and again, on ports of a connection that is open, or whose SYN nobody answered.
    @Test(arguments: [true, false]) func ofASYNTriedAgainTheFirstIsTheBeginning(isOpen: Bool) {
        var old = Conversation(isn: (500_000, 1))
        old.say(.server, "220 hi\r\n")
        var talk = Conversation.mail(isn: (70_000_000, 9000))
        for index in talk.segments.indices { talk.segments[index].segment.time.nanoseconds += 9_000_000_000 }
        let tries: [Int64] = [4, 5, 7]
        let again = tries.map { seconds in
            var one = talk.segments[0]
            one.segment.time = Timestamp(nanoseconds: seconds * 1_000_000_000)
            return one
        }
        let before = isOpen ? old.segments : Array(old.segments.prefix(1))
        for between in [[], Array(old.segments.prefix(1))] {
            let all = before + again.prefix(1) + (isOpen ? [] : between) + again.dropFirst() + talk.segments
            let traces = reassemble(all)
            #expect(traces.last?.stream(.client) == talk.stream(.client))
            #expect(traces.last?.info.started == Timestamp(nanoseconds: 4_000_000_000))
            #expect(traces.count == (isOpen ? 2 : 1))
        }
    }

    @Test func aRefusedConnectionIsNoSession() {
        var talk = Conversation(handshake: false)
        talk.add(.client, [], flags: .syn, ack: false)
        talk.stray(.server, at: -9000, "", flags: .rst)
        #expect(reassemble(talk.segments).isEmpty)
        #expect(reassemble(talk.segments.reversed()).isEmpty)
    }

    @Test func handshakePacketsInAnyOrderNameTheClient() {
        let talk = Conversation.mail()
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var segments = order.map { talk.segments[$0] } + talk.segments[3...]
            #expect(reassemble(segments).map(\.info.client.port) == [50112], "\(order)")
            for index in segments.indices {
                // Neither port tells.
                if segments[index].segment.sourcePort == 25 { segments[index].segment.sourcePort = 60_025 }
                if segments[index].segment.destinationPort == 25 { segments[index].segment.destinationPort = 60_025 }
            }
            let traces = reassemble(segments)
            #expect(traces.map(\.info.client.port) == [50112], "\(order)")
            #expect(traces.map { $0.stream(.server) } == [talk.stream(.server)], "\(order)")
        }
    }
}
