import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

/// What is missing, what only seems to be, and who answered what.
@Suite struct LossTests {
    @Test func aReplyThatWasCapturedBeforeItsCommandStandsBehindIt() throws {
        let talk = Conversation.mail()
        var segments = talk.segments
        for index in 3..<segments.count - 1
        where segments[index].segment.source == Conversation.client
            && segments[index + 1].segment.source == Conversation.server
        {
            segments.swapAt(index, index + 1)
        }
        let traces = reassemble(segments)
        #expect(traces.map(\.dialogue) == reassemble(talk.segments).map(\.dialogue))
        #expect(traces.first?.gaps == [])
    }

    /// Two taps, one for each direction, whose clocks differ: one direction stands far ahead of the other.
    @Test(arguments: [10, 300, 1500], Side.allCases) func aDirectionThatIsAheadWaitsForTheOther(
        packets: Int, early: Side
    ) throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "DATA\r\n")
        talk.say(.server, "354 go\r\n")
        for number in 0..<2000 {
            talk.say(.client, "Line \(number)\r\n")
            if number % 2 == 1 { talk.add(.server, []) }
        }
        talk.say(.client, ".\r\n")
        talk.say(.server, "250 queued\r\n")
        talk.say(.client, "QUIT\r\n")
        talk.say(.server, "221 bye\r\n")
        talk.close()
        let expected = reassemble(talk.segments).first?.dialogue
        let shift = Int64(packets) * 1_000_000
        let skewed = talk.segments.enumerated().sorted { first, second in
            func time(_ entry: (offset: Int, element: (segment: TCPSegment, payload: [UInt8]))) -> Int64 {
                let isEarly = (entry.element.segment.source == Conversation.client) == (early == .client)
                return entry.element.segment.time.nanoseconds - (isEarly ? shift : 0)
            }
            return (time(first), first.offset) < (time(second), second.offset)
        }.map(\.element)
        let traces = reassemble(skewed)
        #expect(traces.count == 1)
        #expect(traces.first?.dialogue == expected)
        #expect(traces.first?.gaps == [])
    }

    /// However the directions lie to each other in the file, each reply answers the same command.
    @Test(arguments: 0..<40) func whichCommandAReplyAnswersDoesNotDependOnTheFilesOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var talk = Conversation.mail()
        // Some captures lack a packet, and some the start.
        switch seed % 4 {
        case 1: talk.segments.remove(at: Int.random(in: 3..<talk.segments.count - 3, using: &generator))
        case 2: talk.segments.removeFirst(Int.random(in: 0...5, using: &generator))
        default: break
        }
        func exchanges(_ segments: [(segment: TCPSegment, payload: [UInt8])]) -> [[String]] {
            reassemble(segments).map { trace in
                let events = EventCollector.collect(trace)
                return zip(events.events, events.lines).map { event, line in
                    "\(event.range) \(event.exchange) \(event.kind) \(String(decoding: line, as: UTF8.self))"
                }.sorted()
            }
        }
        let sides = [talk.segments(of: .client), talk.segments(of: .server)]
        let expected = exchanges(talk.segments)
        #expect(exchanges(sides[0] + sides[1]) == expected)
        #expect(exchanges(sides[1] + sides[0]) == expected)
        for _ in 0..<5 {
            var places = [0, 0]
            var merged: [(segment: TCPSegment, payload: [UInt8])] = []
            while places[0] < sides[0].count || places[1] < sides[1].count {
                let wanted = Int.random(in: 0...1, using: &generator)
                let side = places[wanted] < sides[wanted].count ? wanted : 1 - wanted
                merged.append(sides[side][places[side]])
                places[side] += 1
            }
            #expect(exchanges(merged) == expected)
        }
    }

    @Test func aLossIsAGapOnlyOnceItIsProven() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "HELO lost\r\n")
        let hole = talk.segments.count - 1
        for number in 0..<100 { talk.say(.client, "NOOP \(number)\r\n") }
        // Sent again long after, and before the peer acknowledges.
        let lost = talk.segments.remove(at: hole)
        let whole = try #require(reassemble(talk.segments + [lost]).first)
        #expect(whole.gaps == [])
        #expect(whole.text(.client).hasPrefix("HELO lost\r\nNOOP 0\r\n"))
        // Never sent again: the end of the capture proves it.
        let cut = try #require(reassemble(talk.segments).first)
        #expect(cut.gaps == [.gap(.client, 11)])
        #expect(cut.text(.client).hasPrefix("NOOP 0\r\n"))
        // Acknowledged: proven, and the reply stands behind it.
        talk.say(.server, "250 ok\r\n")
        let proven = try #require(reassemble(talk.segments).first)
        #expect(proven.gaps == [.gap(.client, 11)])
        #expect(proven.entries.last?.entry == .chunk(.server, Array("250 ok\r\n".utf8)))
    }

    @Test func whatThePeerAcknowledgedAtTheEndIsMissing() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "HELO lost\r\n")
        talk.add(.server, [])
        talk.segments.remove(at: 4)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.gaps == [.gap(.client, 11)])
        #expect(trace.text(.client) == "")
    }

    /// An acknowledgement of what was never sent is dropped by its receiver (RFC 9293 section 3.10.7.4).
    @Test func aForgedAcknowledgementHidesNothing() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.stray(.server, at: 0, "250 forged\r\n", ack: 10_000_000)
        for number in 0..<400 {
            talk.say(.client, "NOOP \(number)\r\n")
            talk.say(.server, "250 answer \(number)\r\n")
        }
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.stream(.client) == talk.stream(.client))
        #expect(trace.gaps == [])
    }

    /// Octets that the snapshot length cut off are counted, each one.
    @Test(arguments: [0, 1, 7, 20]) func everyOctetIsThereOrMissing(snap: Int) throws {
        let talk = Conversation.mail()
        var cut = talk.segments
        for index in cut.indices { cut[index].payload = Array(cut[index].payload.prefix(snap)) }
        for order in [cut, Array(cut[..<3]) + cut[3...].reversed()] {
            let trace = try #require(reassemble(order).first)
            for side in Side.allCases {
                let missing = trace.gaps.reduce(0) {
                    if case .gap(side, let count) = $1 { $0 + Int(count) } else { $0 }
                }
                #expect(trace.stream(side).count + missing == talk.stream(side).count, "\(side)")
            }
            #expect(trace.troubles == ["snapshot-length"])
        }
    }

    /// One direction of a long message stands whole before the other; beyond the bound, that is said.
    @Test func aDirectionThatComesTooLateIsSaid() throws {
        var limits = ReassemblyLimits()
        limits.heldPerConnection = 1 << 16
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "DATA\r\n")
        talk.say(.server, "354 go\r\n")
        for number in 0..<4000 { talk.say(.client, "Line \(number) of a long message\r\n") }
        talk.say(.client, ".\r\n")
        talk.say(.server, "250 queued\r\n")
        talk.close()
        let trace = try #require(
            reassemble(talk.segments(of: .client) + talk.segments(of: .server), limits: limits).first)
        #expect(trace.stream(.client) == talk.stream(.client))
        #expect(trace.troubles == ["buffer-limit"])
        let missing = trace.gaps.reduce(0) { if case .gap(.server, let count) = $1 { $0 + Int(count) } else { $0 } }
        #expect(trace.stream(.server).count + missing == talk.stream(.server).count)
    }
}
