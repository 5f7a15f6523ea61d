import Foundation
import MailTapAnalysis
import MailTapCore
import MailTapExport
import MailTapTesting
import Testing

@testable import mailtap

/// A tally comes to the same figures as the session that is built whole.
@Suite struct TallyTests {
    /// Read by one reader, as from a pipe, and by several at a time, as from a large file.
    @Test(arguments: Captures.names, 1...3) func captures(_ name: String, readers: Int) throws {
        let path = Captures.folder.appendingPathComponent(name).path
        let whole = try Captures.sessions(at: path, named: name).map {
            MailTapExport.SessionSummary($0.session).withoutFindings
        }
        let tallied = try Self.tallied(path, name, readers: readers)
        #expect(!whole.isEmpty)
        #expect(tallied == whole)
    }

    /// Whoever wants no more is given no more, and the readers end.
    @Test(arguments: 1...3) func stopping(readers: Int) throws {
        struct Enough: Error {}
        let path = Captures.folder.appendingPathComponent("smtp-several-mails.pcap").path
        var count = 0
        let gatherer = TallyGatherer(only: nil) { _ in
            count += 1
            throw Enough()
        }
        var reader = InputReader()
        (reader.readers, reader.sharedLength) = (readers, 0)
        reader.read([path], into: gatherer)
        #expect(count == 1)
        #expect(gatherer.failure is Enough)
    }

    /// A capture that is cut off is told once, whoever meets it.
    @Test func truncated() throws {
        let octets = try Data(contentsOf: Captures.folder.appendingPathComponent("smtp-several-mails.pcap"))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("cut-\(UUID().uuidString).pcap")
        try octets.prefix(octets.count - 7).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let one = Result { try Self.tallied(path.path, "cut", readers: 1) }
        let three = Result { try Self.tallied(path.path, "cut", readers: 3) }
        let failures = [one, three].map { result -> String? in
            guard case .failure(let error as Failure) = result else { return nil }
            return error.text
        }
        #expect(failures[0]?.contains("cut off") == true)
        #expect(failures[0] == failures[1])
    }

    private static func tallied(
        _ path: String, _ name: String, readers: Int
    ) throws -> [MailTapExport.SessionSummary] {
        var tallied: [MailTapExport.SessionSummary] = []
        let gatherer = TallyGatherer(only: nil) { tallied.append($0) }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var reader = InputReader()
        (reader.readers, reader.sharedLength) = (readers, 0)
        try reader.readCaptureOrDialogue(file.fileDescriptor, name, path: path, into: gatherer)
        return tallied
    }

    /// That octets came again differently, which not everybody looks for, does not lengthen a session.
    @Test(arguments: [nil, Mark.conflict(StreamRange(.server, 0, 4))]) func differingCopies(late: Mark?) {
        let end = Endpoint(address: nil, port: 25)
        let info = SessionInfo(source: "copies", client: end, server: end, started: Timestamp(nanoseconds: 1))
        let builder = SessionBuilder(info)
        var tally = SessionTally(info)
        let greeting = Array("220 s ESMTP\r\n".utf8)
        builder.receive(greeting.span.bytes, from: .server, at: Timestamp(nanoseconds: 5))
        tally.receive(greeting.span.bytes, from: .server, at: Timestamp(nanoseconds: 5))
        if let late {
            builder.mark(late, at: Timestamp(nanoseconds: 9))
            tally.mark(late, at: Timestamp(nanoseconds: 9))
        }
        builder.end(at: Timestamp(nanoseconds: 9))
        tally.end(at: Timestamp(nanoseconds: 9))
        #expect(builder.session.duration == 4)
        #expect(tally.duration == 4)
        #expect(builder.session.findings.contains { $0.rule == "tcp.conflict" } == (late != nil))
    }

    @Test(arguments: 0..<40) func randomDialogues(_ block: Int) {
        for seed in block * 50..<block * 50 + 50 {
            var script = RandomScript(seed: UInt64(seed))
            let entries = script.entries()
            let info = script.info
            let builder = SessionBuilder(info)
            var tally = SessionTally(info)
            for (time, entry) in entries {
                switch entry {
                case .chunk(let side, let octets):
                    builder.receive(octets.span.bytes, from: side, at: time)
                    tally.receive(octets.span.bytes, from: side, at: time)
                case .mark(let mark):
                    builder.mark(mark, at: time)
                    tally.mark(mark, at: time)
                }
            }
            builder.end(at: Timestamp(nanoseconds: 9_000))
            tally.end(at: Timestamp(nanoseconds: 9_000))
            let whole = MailTapExport.SessionSummary(builder.session).withoutFindings
            #expect(MailTapExport.SessionSummary(tally, number: 0) == whole, "seed \(seed)")
            #expect(tally.isMail == builder.isMail && tally.wantsMore == builder.wantsMore)
        }
    }
}

extension MailTapExport.SessionSummary {
    /// `list` looks for no findings.
    fileprivate var withoutFindings: MailTapExport.SessionSummary {
        var copy = self
        (copy.errors, copy.warnings, copy.notes) = (0, 0, 0)
        return copy
    }
}

/// Lines of both protocols in an order that hardly ever makes sense.
private struct RandomScript {
    private static let client = [
        "EHLO c", "LHLO c", "MAIL FROM:<a@x.example>", "MAIL FROM:<b@x.example> SIZE=1", "RCPT TO:<c@y.example>",
        "RCPT TO:<d@y.example>", "RCPT TO:broken", "DATA", "hello\r\n.", ".", "RSET", "QUIT", "NOOP", "AUTH LOGIN",
        "AUTH PLAIN AHRlc3QAc2VjcmV0", "dGVzdA==", "c2VjcmV0", "BDAT 2\r\nok", "BDAT 2 LAST\r\nok", "BDAT 0 LAST",
        "USER joe", "PASS secret", "APOP joe 00", "RETR 1", "TOP 1 0", "STAT", "LIST", "DELE 1", "STARTTLS", "MAIL",
        "what is this", "", "\u{e9}MAIL",
    ]
    private static let server = [
        "220 s ESMTP", "250-one\r\n250 two", "250 ok", "250 ok", "354 go", "550 no", "450 later", "235 in",
        "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "221 bye", "+OK", "+OK message\r\nhi\r\n.", "-ERR no", "+ go on",
        "nonsense", "421 gone",
    ]

    private var generator: SeededGenerator
    private(set) var info: SessionInfo

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        let isSMTP = Bool.random(using: &generator)
        let end = Endpoint(address: IPAddress(v4: 1), port: isSMTP ? 25 : 110)
        info = SessionInfo(
            source: "random", client: end, server: end, started: Timestamp(nanoseconds: 1),
            expecting: isSMTP ? .smtp : .pop3, startSeen: Int.random(in: 0..<4, using: &generator) > 0)
    }

    mutating func entries() -> [(Timestamp, Trace.Entry)] {
        var entries: [(Timestamp, Trace.Entry)] = []
        let greeting = info.expecting == .smtp ? "220 s ESMTP" : "+OK s"
        entries.append((Timestamp(nanoseconds: 2), .chunk(.server, Array("\(greeting)\r\n".utf8))))
        for step in 0..<Int64.random(in: 1...40, using: &generator) {
            let time = Timestamp(nanoseconds: 10 + step)
            let side: Side = Bool.random(using: &generator) ? .client : .server
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: entries.append((time, .mark(.gap(side, 5))))
            case 1: entries.append((time, .mark(.eof(side))))
            case 2: entries.append((time, .mark(.reset(side))))
            default:
                let words = side == .client ? Self.client : Self.server
                let line = words[Int.random(in: words.indices, using: &generator)]
                entries.append((time, .chunk(side, Array("\(line)\r\n".utf8))))
            }
        }
        return entries
    }
}
