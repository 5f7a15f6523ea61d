import MailTapCore
import Testing

@testable import MailTapCapture

/// How connections end: FIN and RST in any order, and what comes behind them.
@Suite struct ClosingTests {
    /// A dialogue that is still open.
    private static func open() -> Conversation {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "NOOP\r\n")
        talk.say(.server, "250 ok\r\n")
        return talk
    }

    private static func permutations<Element>(_ all: [Element]) -> [[Element]] {
        guard !all.isEmpty else { return [[]] }
        return all.indices.flatMap { index -> [[Element]] in
            var rest = all
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    @Test func whateverTheOrderOfTheLastPacketsTheDialogueIsTheSame() {
        var talk = Self.open()
        let opening = talk.segments
        talk.say(.client, "QUIT\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.add(.server, [], flags: .fin)
        talk.add(.client, [], flags: .fin)
        talk.add(.client, [], flags: .rst)
        for last in Self.permutations(Array(talk.segments[opening.count...])) {
            let traces = reassemble(opening + last)
            #expect(traces.count == 1)
            #expect(traces.first?.text(.client) == "NOOP\r\nQUIT\r\n")
            #expect(traces.first?.text(.server) == "220 hi\r\n250 ok\r\n221 bye\r\n")
            let marks = traces.first?.marks ?? []
            #expect(marks.count == 3, "\(marks)")
            #expect(Set(marks) == [.eof(.client), .eof(.server), .reset(.client)])
        }
    }

    @Test func aLongPauseEndsNoConnection() throws {
        var talk = Self.open()
        talk.wait(seconds: 7_300)
        talk.say(.client, "QUIT\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.close()
        let traces = reassemble(talk.segments)
        #expect(traces.map { $0.text(.client) } == ["NOOP\r\nQUIT\r\n"])
        #expect(traces.first?.text(.server) == "220 hi\r\n250 ok\r\n221 bye\r\n")
    }

    @Test func manyConnectionsThatClosedAreRemembered() {
        var segments: [(segment: TCPSegment, payload: [UInt8])] = []
        var late: [(segment: TCPSegment, payload: [UInt8])] = []
        for number in 0..<6_000 {
            var talk = Conversation(handshake: false)
            talk.ports.0 = UInt16(10_000 + number)
            talk.add(.client, [], flags: .syn, ack: false)
            talk.add(.server, [], flags: .syn)
            talk.say(.server, "220 hi\r\n")
            talk.say(.client, "QUIT\r\n")
            talk.close()
            segments += talk.segments
            if number % 500 == 0 { late += talk.segments[2..<4] }
        }
        #expect(reassemble(segments + late).count == 6_000)
    }

    @Test func aFINThatCarriesTheLastOctetsEndsBehindThem() throws {
        var talk = Self.open()
        talk.add(.client, Array("QUIT\r\n".utf8), flags: .fin)
        talk.add(.server, Array("221 bye\r\n".utf8), flags: .fin)
        talk.add(.client, [])
        talk.segments.append(talk.segments[talk.segments.count - 3])
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\nQUIT\r\n")
        #expect(trace.marks == [.eof(.client), .eof(.server)])
    }

    @Test func oneSideClosesAndTheOtherGoesOn() throws {
        var talk = Self.open()
        talk.add(.client, [], flags: .fin)
        talk.wait(seconds: 60)
        talk.say(.server, "421 slow\r\n")
        talk.add(.server, [], flags: .fin)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.server).hasSuffix("421 slow\r\n"))
        #expect(trace.marks == [.eof(.client), .eof(.server)])
    }

    /// What was said behind a FIN, and taken: the FIN's own number is no octet that is missing.
    @Test(arguments: [0, 5]) func octetsBehindAFINThatWereTakenStandNextToIt(lost: Int) throws {
        var talk = Self.open()
        talk.add(.client, [], flags: .fin)
        if lost > 0 {
            talk.say(.client, String(repeating: "x", count: lost))
            talk.segments.removeLast()
        }
        talk.say(.client, "QUIT\r\n")
        // Once more with other octets, which the place in the stream tells.
        talk.stray(.client, at: -6, "RSET\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.add(.server, [], flags: .fin)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\nQUIT\r\n")
        #expect(trace.text(.server) == "220 hi\r\n250 ok\r\n221 bye\r\n")
        #expect(trace.gaps == (lost > 0 ? [.gap(.client, 5)] : []))
        let place = UInt64(6 + lost)
        #expect(trace.conflicts == [StreamRange(.client, place, place + 6)])
    }

    /// A side that the capture lacks: where one number alone is acknowledged last, it is its FIN's.
    @Test(arguments: [(Side.client, true), (.client, false), (.server, false)])
    func theFINOfASideThatWasNotCapturedIsNoOctet(side: Side, closesFirst: Bool) throws {
        var talk = Self.open()
        talk.say(.client, "QUIT\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.add(closesFirst ? side : side.peer, [], flags: .fin)
        talk.add(closesFirst ? side.peer : side, [], flags: .fin)
        talk.add(closesFirst ? side : side.peer, [])
        let trace = try #require(reassemble(talk.segments(of: side.peer)).first)
        let lost = trace.gaps.reduce(UInt64(0)) { if case .gap(side, let length) = $1 { $0 + length } else { $0 } }
        #expect(lost == UInt64(talk.stream(side).count))
        #expect(trace.stream(side.peer) == talk.stream(side.peer))
    }

    /// The same of a client whose FIN the server answers with words of its own.
    @Test func aFINThatWordsAnswerIsNoOctet() throws {
        var talk = Self.open()
        talk.add(.client, [], flags: .fin)
        talk.say(.server, "421 bye\r\n")
        talk.add(.server, [], flags: .fin)
        let trace = try #require(reassemble(talk.segments(of: .server)).first)
        #expect(trace.gaps == [.gap(.client, 6)])
        // One octet, and more behind it: that was no FIN.
        var typed = Self.open()
        typed.say(.client, "Q")
        typed.say(.server, "220 really\r\n")
        typed.say(.client, "UIT\r\n")
        typed.say(.server, "221 bye\r\n")
        let lost = try #require(reassemble(typed.segments(of: .server)).first).gaps
        #expect(lost == [.gap(.client, 6), .gap(.client, 6)])
    }

    /// RFC 9293 section 3.6: nothing of a side comes behind its FIN, and no peer takes it.
    @Test(arguments: [0, 50]) func octetsBehindAFINAreLeftOutAndSaid(distance: Int) throws {
        var talk = Self.open()
        talk.add(.client, [], flags: .fin)
        talk.add(.server, [])
        talk.stray(.client, at: distance, "RSET\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.add(.server, [], flags: .fin)
        talk.add(.client, [])
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\n")
        #expect(trace.text(.server).hasSuffix("221 bye\r\n"))
        #expect(trace.gaps == [])
        #expect(trace.troubles == ["after-fin"])
    }

    @Test(arguments: [-20, -3, 0]) func aFINThatThePeerDidNotTakeEndsNothing(offset: Int) throws {
        var talk = Self.open()
        talk.stray(.client, at: offset, "", flags: .fin)
        talk.say(.client, "VRFY a\r\n")
        talk.say(.server, "252 maybe\r\n")
        talk.say(.client, "QUIT\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.close()
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\nVRFY a\r\nQUIT\r\n")
        #expect(trace.text(.server).hasSuffix("221 bye\r\n"))
        #expect(trace.gaps == [])
        #expect(trace.troubles == [])
        #expect(trace.marks.last == .eof(.server))
    }

    @Test func whatIsUnderWayAtAResetIsShown() throws {
        var talk = Self.open()
        talk.add(.client, [], flags: .rst)
        talk.say(.server, "421 shutting down\r\n")
        talk.add(.server, [], flags: .fin)
        let traces = reassemble(talk.segments)
        #expect(traces.count == 1)
        #expect(traces.first?.text(.server) == "220 hi\r\n250 ok\r\n421 shutting down\r\n")
        #expect(traces.first?.marks.contains(.reset(.client)) == true)
    }

    /// A reset outside the window is ignored by its receiver (RFC 5961 section 3), and so is one with a wrong checksum.
    @Test(arguments: [0, 3_000, 1_000_000, -100_000]) func aResetThatNobodyObeysEndsNothing(offset: Int) throws {
        var limits = ReassemblyLimits()
        limits.closedPackets = 100
        var talk = Self.open()
        talk.stray(.client, at: offset, "", flags: .rst)
        for round in 0..<20 {
            talk.wait(seconds: 5)
            talk.say(.client, "VRFY \(round)\r\n")
            talk.say(.server, "252 maybe\r\n")
        }
        talk.close()
        // Others that close meanwhile push it out of no queue.
        var segments = talk.segments
        for number in UInt16(0)..<20 {
            let others = Conversation.mail().segments.map { entry in
                var entry = entry
                if entry.segment.sourcePort == 50112 { entry.segment.sourcePort = 40_000 + number }
                if entry.segment.destinationPort == 50112 { entry.segment.destinationPort = 40_000 + number }
                return entry
            }
            segments.insert(contentsOf: others, at: 8 + Int(number) * (others.count + 2))
        }
        for file in [talk.segments, segments] {
            let traces = reassemble(file, limits: limits)
            #expect(traces.count == (file.count == talk.segments.count ? 1 : 21))
            let trace = try #require(traces.first)
            #expect(trace.stream(.client) == talk.stream(.client))
            #expect(trace.stream(.server) == talk.stream(.server))
            #expect(trace.gaps == [])
        }
    }

    @Test func theCallersSpotIsFreeOnceBothAreDone() {
        let talk = Conversation.mail()
        var again = Conversation.mail(isn: (1_000_000, 2_000_000)).segments
        // In the same millisecond.
        for index in again.indices { again[index].segment.time = talk.segments[talk.segments.count - 1].segment.time }
        #expect(reassemble(talk.segments + again).map { $0.dialogue.count } == [9, 9])
    }
}
