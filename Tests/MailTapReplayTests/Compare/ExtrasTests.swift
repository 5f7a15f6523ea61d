import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct ExtrasTests {
    private static let script = "S: 220 mx\nC: EHLO me\nS: 250 mx\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye"

    private func session(_ script: String, tls: TLSMark? = nil) -> RecordedSession {
        var trace = trace(script)
        if let tls { trace.entries.insert((trace.info.started, .mark(.tls(tls))), at: 0) }
        return RecordedSession(trace, findsFaults: true)
    }

    private func kinds(
        _ was: RecordedSession, _ now: RecordedSession, configure: (inout Comparison) -> Void = { _ in }
    ) -> [Difference.Kind] {
        var comparison = Comparison()
        configure(&comparison)
        return comparison.compare(was, with: now).differences.map(\.kind)
    }

    @Test func `findings count where they are asked for`() {
        let was = session(Self.script)
        // A command that ends with a bare LF.
        let now = session(Self.script.replacing("C: NOOP", with: "C! NOOP\\n"))
        #expect(kinds(was, now) == [])
        let count = now.session.findings.count - was.session.findings.count
        #expect(count > 0)
        #expect(kinds(was, now) { $0.extras = [.findings] } == Array(repeating: .finding, count: count))
        #expect(kinds(now, was) { $0.extras = [.findings] } == Array(repeating: .finding, count: count))
        #expect(kinds(now, now) { $0.extras = [.findings] } == [])
    }

    @Test func `an offer that may vary says nothing of what is found in its use`() throws {
        func expected(_ offer: String) throws -> RecordedSession {
            let text = "S: 220 mx\nC: EHLO me\n\(offer)\nC: MAIL FROM:<a@b> SIZE=1\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
            let file = DialogueFileReader.read([UInt8](text.utf8))
            return RecordedSession(try #require(file.sessions.first).trace, findsFaults: true)
        }
        let script = "S: 220 mx\nC: EHLO me\nS: 250 mx\nC: MAIL FROM:<a@b> SIZE=1\nS: 250 ok\nC: QUIT\nS: 221 bye"
        let came = session(script)
        #expect(came.session.findings.contains { $0.rule == "smtp.extension-not-offered" })
        #expect(kinds(try expected("S: 250 {lines}"), came) { $0.extras = [.findings] } == [])
        let fixed = kinds(try expected("S: 250-mx\nS: 250 SIZE 1000"), came) { $0.extras = [.findings] }
        #expect(fixed.contains(.capability) && fixed.contains(.finding))
        // Its form is another matter.
        let bare = session(script.replacing("C: QUIT", with: "C! QUIT\\n"))
        #expect(kinds(try expected("S: 250 {lines}"), bare) { $0.extras = [.findings] } == [.finding])
    }

    @Test func `TLS counts where it is asked for`() {
        func tls(_ version: String?, _ problem: String? = nil) -> RecordedSession {
            session(
                Self.script,
                tls: TLSMark(
                    start: .implicit, isDecrypted: true, client: TLSMark.Leg(version: version, problem: problem)))
        }
        let plain = session(Self.script)
        #expect(kinds(plain, tls("TLSv1.3")) == [])
        #expect(kinds(plain, tls("TLSv1.3")) { $0.extras = [.tls] } == [.tls])
        #expect(kinds(tls("TLSv1.2"), tls("TLSv1.3")) { $0.extras = [.tls] } == [.tls])
        #expect(kinds(tls(nil), tls("TLSv1.3")) { $0.extras = [.tls] } == [])
        #expect(kinds(tls("TLSv1.3"), tls("TLSv1.3", "it expired")) { $0.extras = [.tls] } == [.tls])
    }

    @Test func `order counts where it is asked for`() {
        func mail(_ first: String, _ second: String) -> RecordedSession {
            session("S: 220 mx\nC: VRFY \(first)\nS: 252 x\nC: VRFY \(second)\nS: 252 x\nC: QUIT\nS: 221 bye")
        }
        #expect(kinds(mail("a", "b"), mail("b", "a")) == [])
        #expect(!kinds(mail("a", "b"), mail("b", "a")) { $0.extras = [.order] }.isEmpty)
    }

    @Test func `times count where they are asked for, and only beyond what machines do by chance`() {
        let was = session(Self.script)
        func slower(_ milliseconds: Int64) -> RecordedSession {
            var trace = trace(Self.script)
            for index in 4..<trace.entries.count {
                trace.entries[index].time = trace.entries[index].time.advanced(by: milliseconds * 1_000_000)
            }
            return RecordedSession(trace)
        }
        #expect(kinds(was, slower(500)) == [])
        #expect(kinds(was, slower(500)) { $0.latencyFactor = 3 } == [.latency])
        #expect(kinds(was, slower(10)) { $0.latencyFactor = 3 } == [])
    }

    @Test func `the offer of TLS is no difference under TLS`() {
        let offer = Self.script.replacing("S: 250 mx", with: "S: 250-mx\nS: 250 STARTTLS")
        let mark = TLSMark(start: .implicit, isDecrypted: true, client: TLSMark.Leg())
        #expect(kinds(session(offer), session(Self.script, tls: mark)) == [])
        #expect(kinds(session(offer), session(Self.script)) == [.capability])
    }

    @Test func `what a replay left out stands for nothing that came`() {
        let hello = "S: 220 mx\nC: EHLO me\nS: 250 mx\n", quit = "C: QUIT\nS: 221 b"
        let expected = session(hello + "C: NOOP\nS: 250 ok\nC: EHLO me\nS: 250 mx\n" + quit)
        let came = session(hello + quit)
        let notes = [1, 2].map { ReplayNote(kind: .leftOut, exchanges: $0..<$0 + 1, text: "no need") }
        let result = Comparison().compare(expected, with: came, notes: notes)
        #expect(result.isSame)
        #expect(result.pairs.map(\.came) == [0, nil, nil, 1, 2])
        #expect(Comparison().compare(expected, with: came).differences.count == 2)
    }
}
