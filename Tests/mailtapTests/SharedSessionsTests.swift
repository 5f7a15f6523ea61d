import Foundation
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import MailTapTesting
import Testing

@testable import mailtap

/// Sessions are the same, in the same order, however many readers share a capture.
@Suite struct SharedSessionsTests {
    @Test(arguments: Captures.names, [SessionOrder.number, .ending]) func captures(
        _ name: String, order: SessionOrder
    ) throws {
        let path = Captures.folder.appendingPathComponent(name).path
        let alone = try Self.items(path, name, order, readers: 1)
        #expect(!alone.isEmpty)
        for readers in 2...3 {
            let shared = try Self.items(path, name, order, readers: readers)
            #expect(shared.map(\.session) == alone.map(\.session))
            #expect(shared.map(\.contents) == alone.map(\.contents))
            #expect(shared.map { $0.trace?.entries.count } == alone.map { $0.trace?.entries.count })
        }
    }

    /// Connections that overlap, of which some repeat a message that another sent, lack packets, or are no mail.
    @Test(arguments: 0..<30) func random(_ seed: Int) throws {
        var capture = RandomCapture(seed: UInt64(seed))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("random-\(UUID().uuidString).pcap")
        try Data(capture.octets(connections: 24)).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        for order in [SessionOrder.number, .ending] {
            let alone = try Self.lines(path.path, order, readers: 1)
            #expect(alone.split(separator: "\n").count > 10)
            #expect(alone.contains("smtp.probable-duplicate"))
            for readers in 2...4 {
                let shared = try Self.lines(path.path, order, readers: readers)
                #expect(shared == alone, "\(readers) readers")
            }
        }
    }

    /// What is cut for a bound, and what is forgotten, depends on the capture alone.
    @Test(arguments: 0..<20) func bounds(_ seed: Int) throws {
        var capture = RandomCapture(seed: UInt64(seed))
        capture.repeats = true
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("bounds-\(UUID().uuidString).pcap")
        try Data(capture.octets(connections: 60)).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        var limits = ReassemblyLimits()
        (limits.connections, limits.silentConnections, limits.closedConnections) = (12, 4, 8)
        (limits.heldPerConnection, limits.heldInAll, limits.history) = (64, 256, 2_000)
        for order in [SessionOrder.number, .ending] {
            let alone = try Self.lines(path.path, order, readers: 1, limits: limits)
            #expect(alone.contains("Too many connections at one time"))
            #expect(alone.contains("tcp.conflict"))
            #expect(try alone != Self.lines(path.path, order, readers: 1))
            for readers in 2...4 {
                let shared = try Self.lines(path.path, order, readers: readers, limits: limits)
                #expect(shared == alone, "\(readers) readers")
            }
        }
    }

    /// How much of a line is kept goes by how many sessions are open together.
    @Test func longLines() throws {
        var capture = RandomCapture(seed: 3)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("long-\(UUID().uuidString).pcap")
        try Data(capture.longLines(connections: 900)).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let alone = try Self.lines(path.path, .number, readers: 1)
        let lengths = Set(alone.split(separator: "\n").suffix(5).map(\.count))
        #expect(lengths.count > 1 && lengths.allSatisfy { (30_000..<60_000).contains($0) }, "\(lengths)")
        for readers in 2...4 {
            let shared = try Self.lines(path.path, .number, readers: readers)
            #expect(shared == alone, "\(readers) readers")
        }
    }

    /// Sessions that are not wanted are counted all the same, and give others their findings.
    @Test func chosen() throws {
        var capture = RandomCapture(seed: 7)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("chosen-\(UUID().uuidString).pcap")
        try Data(capture.octets(connections: 24)).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let all = try Self.lines(path.path, .number, readers: 3).split(separator: "\n")
        let numbers = try #require(SessionNumbers(argument: "2,9"))
        for readers in 1...3 {
            let chosen = try Self.lines(path.path, .number, readers: readers, numbers)
            #expect(chosen.split(separator: "\n") == [all[1], all[8]])
        }
    }

    /// Whoever wants no more is given no more, and the readers end.
    @Test(arguments: 1...3) func stopping(readers: Int) throws {
        struct Enough: Error {}
        let path = Captures.folder.appendingPathComponent("smtp-several-mails.pcap").path
        var count = 0
        let gatherer = SessionGatherer(SessionGatherer.Wishes()) { _ in
            count += 1
            throw Enough()
        }
        var reader = InputReader()
        (reader.readers, reader.sharedLength) = (readers, 0)
        reader.read([path], into: gatherer)
        #expect(throws: Enough.self) { try gatherer.finish() }
        #expect(count == 1)
    }

    private static func items(
        _ path: String, _ name: String, _ order: SessionOrder, readers: Int
    ) throws -> [ExportItem] {
        var wishes = SessionGatherer.Wishes()
        wishes.keepsTraces = true
        wishes.options.keepsContent = true
        wishes.order = order
        var items: [ExportItem] = []
        let gatherer = SessionGatherer(wishes) { items.append($0) }
        try read(path, name, readers, gatherer)
        return items
    }

    private static func lines(
        _ path: String, _ order: SessionOrder, readers: Int, _ numbers: SessionNumbers? = nil,
        limits: ReassemblyLimits = ReassemblyLimits()
    ) throws -> String {
        var wishes = SessionGatherer.Wishes()
        wishes.order = order
        wishes.numbers = numbers
        wishes.lines = SessionJSON()
        var octets: [UInt8] = []
        let gatherer = SessionGatherer(
            wishes,
            write: { line in
                line(&octets)
                octets.append(UInt8(ascii: "\n"))
            }
        ) { _ in }
        try read(path, "random", readers, gatherer, limits)
        return String(decoding: octets, as: UTF8.self)
    }

    private static func read(
        _ path: String, _ name: String, _ readers: Int, _ gatherer: SessionGatherer,
        _ limits: ReassemblyLimits = ReassemblyLimits()
    ) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var reader = InputReader()
        (reader.readers, reader.sharedLength, reader.limits) = (readers, 0, limits)
        try reader.readCaptureOrDialogue(file.fileDescriptor, name, path: path, into: gatherer)
        try gatherer.finish()
    }
}

/// A savefile of connections whose packets come in turn, at random.
private struct RandomCapture {
    /// What is left of a connection's packets, the next one last.
    private struct Talk {
        var client: UInt16
        var server: UInt16 = 25
        var sequence: [UInt32] = [1_000, 9_000]
        var packets: [(Side, flags: UInt8, payload: [UInt8])] = []

        mutating func add(_ side: Side, _ text: String = "", flags: UInt8 = 0x18) {
            packets.append((side, flags, Array(text.utf8)))
        }
    }

    /// Whether packets come again, now and then with other octets.
    var repeats = false
    private var generator: SeededGenerator
    private static let header: [UInt8] = [
        0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0,
    ]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Connections that are all open at one time, the last of which say a line of 60,000 octets.
    mutating func longLines(connections: Int) -> [UInt8] {
        var out = Self.header
        for number in 0..<connections {
            var talk = Talk(client: UInt16(20_000 + number))
            append(talk, 0, 0x02, [], UInt32(number), to: &out)
            talk.sequence[0] += 1
            append(talk, 1, 0x12, [], UInt32(number), to: &out)
            talk.sequence[1] += 1
            let greeting = Array("220 s.example ESMTP\r\n".utf8)
            append(talk, 1, 0x18, greeting, UInt32(number), to: &out)
            talk.sequence[1] += UInt32(greeting.count)
            guard number >= connections - 5 else { continue }
            let half = String(repeating: "x", count: 30_000)
            for piece in ["NOOP \(half)", "\(half)\r\n"] {
                append(talk, 0, 0x18, Array(piece.utf8), UInt32(number), to: &out)
                talk.sequence[0] += UInt32(piece.utf8.count)
            }
        }
        return out
    }

    mutating func octets(connections: Int) -> [UInt8] {
        var out = Self.header
        var earlier: [(Talk, sender: Int, flags: UInt8, payload: [UInt8])] = []
        var waiting = (0..<connections).map { talk(UInt16(40_000 + $0)) }
        var open: [Talk] = []
        var microseconds: UInt32 = 0
        while !waiting.isEmpty || !open.isEmpty {
            if let next = waiting.last, open.count < 5 || Int.random(in: 0..<30, using: &generator) == 0 {
                open.append(next)
                waiting.removeLast()
            }
            let index = open.indices.randomElement(using: &generator) ?? 0
            guard let (side, flags, payload) = open[index].packets.popLast() else {
                open.remove(at: index)
                continue
            }
            microseconds += UInt32.random(in: 1...20_000, using: &generator)
            let sender = side == .client ? 0 : 1
            // Lost ones are lost by the capture alone.
            if Int.random(in: 0..<60, using: &generator) != 0 || flags & 2 != 0 {
                append(open[index], sender, flags, payload, microseconds, to: &out)
            }
            if repeats {
                earlier.append((open[index], sender, flags, payload))
                if Int.random(in: 0..<6, using: &generator) == 0,
                    let (talk, sender, flags, payload) = earlier.randomElement(using: &generator)
                {
                    append(talk, sender, flags, payload.map { $0 == 0x61 ? 0x62 : $0 }, microseconds, to: &out)
                }
            }
            open[index].sequence[sender] &+= UInt32(payload.count) &+ (flags & 3 != 0 ? 1 : 0)
        }
        return out
    }

    /// A mail, in one of a few forms, over or not.
    private mutating func talk(_ client: UInt16) -> Talk {
        var talk = Talk(client: client)
        talk.add(.client, flags: 0x02)
        talk.add(.server, flags: 0x12)
        talk.add(.client, flags: 0x10)
        if Int.random(in: 0..<8, using: &generator) == 0 {
            talk.server = 8080
            talk.add(.client, "GET / HTTP/1.1\r\n\r\n")
            talk.add(.server, "HTTP/1.1 200 OK\r\n\r\nhello")
        } else {
            let message = "Message-ID: <\(Int.random(in: 0..<4, using: &generator))@x.example>\r\n\r\nhi\r\n"
            talk.add(.server, "220 s.example ESMTP\r\n")
            talk.add(.client, "EHLO c.example\r\n")
            talk.add(.server, "250 s.example\r\n")
            talk.add(.client, "MAIL FROM:<a@x.example>\r\n")
            talk.add(.server, "250 ok\r\n")
            talk.add(.client, "RCPT TO:<b@y.example>\r\n")
            talk.add(.server, "250 ok\r\n")
            talk.add(.client, "DATA\r\n")
            talk.add(.server, "354 go on\r\n")
            talk.add(.client, message)
            talk.add(.client, ".\r\n")
            talk.add(.server, "250 ok\r\n")
            talk.add(.client, "QUIT\r\n")
            talk.add(.server, "221 bye\r\n")
        }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: break
        case 1: talk.add(.client, flags: 0x04)
        default:
            talk.add(.client, flags: 0x11)
            talk.add(.server, flags: 0x11)
            talk.add(.client, flags: 0x10)
        }
        talk.packets.reverse()
        return talk
    }

    private func append(
        _ talk: Talk, _ sender: Int, _ flags: UInt8, _ payload: [UInt8], _ microseconds: UInt32,
        to out: inout [UInt8]
    ) {
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func little(_ value: UInt32) -> [UInt8] { big(value).reversed() }
        let ports = [talk.client, talk.server]
        let tcp: [UInt8] =
            Array(big(UInt32(ports[sender]))[2...]) + Array(big(UInt32(ports[1 - sender]))[2...])
            + big(talk.sequence[sender]) + big(flags & 0x10 != 0 ? talk.sequence[1 - sender] : 0)
            + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
        let addresses: [[UInt8]] = [[192, 0, 2, 7], [192, 0, 2, 25]]
        let length = UInt32(20 + tcp.count + payload.count)
        let ip: [UInt8] =
            [0x45, 0] + Array(big(length)[2...]) + [0, 0, 0x40, 0, 64, 6, 0, 0] + addresses[sender]
            + addresses[1 - sender]
        out += little(1_700_000_000 + microseconds / 1_000_000) + little(microseconds % 1_000_000)
        out += little(length) + little(length) + ip + tcp + payload
    }
}
