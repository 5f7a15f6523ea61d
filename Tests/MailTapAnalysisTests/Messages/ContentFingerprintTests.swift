import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapAnalysis

/// What `check` works out of messages in place of digests and decoded parts.
@Suite struct ContentFingerprintTests {
    private func fingerprint(_ octets: [UInt8], cutAt cuts: [Int] = []) -> ContentFingerprint {
        var taker = ContentFingerprint.Taker()
        var start = 0
        for end in cuts + [octets.count] {
            taker.receive(octets.span.bytes.extracting(start..<end))
            start = end
        }
        return taker.finish()
    }

    @Test func `a fingerprint does not depend on the cuts`() {
        let octets = (0..<200).map { UInt8($0) }
        for length in 0...130 {
            let part = Array(octets[..<length])
            let whole = fingerprint(part)
            for cut in 0...length { #expect(fingerprint(part, cutAt: [cut]) == whole) }
            #expect(fingerprint(part, cutAt: [length / 3, length / 2]) == whole)
            #expect(fingerprint(part, cutAt: Array(1...max(1, length)).filter { $0 <= length }) == whole)
        }
    }

    @Test func `messages that differ have fingerprints that differ`() {
        var seen: Set<ContentFingerprint> = []
        var count = 0
        // One octet changed, at each place; and all lengths of the same octet, NUL among them.
        for place in 0..<100 {
            for octet in [0, 1, 128, 255] as [UInt8] {
                var octets = [UInt8](repeating: 65, count: 100)
                octets[place] = octet
                seen.insert(fingerprint(octets))
                count += 1
            }
        }
        for octet in [0, 66] as [UInt8] {
            for length in 1...100 {
                seen.insert(fingerprint([UInt8](repeating: octet, count: length)))
                count += 1
            }
        }
        #expect(seen.count == count)
    }

    @Test func `what is no base64 is found without decoding`() {
        var random = SeededGenerator(seed: 64)
        let alphabet = Array("ABCDwxyz0189+/".utf8)
        for round in 0..<600 {
            var octets = (0..<Int.random(in: 0...300, using: &random)).map { index in
                index % 78 == 76 ? 13 : index % 78 == 77 ? 10 : alphabet.randomElement(using: &random) ?? 65
            }
            for _ in 0..<(round % 4) where !octets.isEmpty {
                let odd: [UInt8] = [61, 61, 61, 32, 9, 33, 64, 91, 96, 123, 128, 193, 0, 255, 45]
                octets[Int.random(in: octets.indices, using: &random)] = odd.randomElement(using: &random) ?? 61
            }
            var decoder = Base64Decoder(), checker = Base64Decoder()
            var start = 0
            var decoded: [UInt8] = []
            while start < octets.count {
                let end = min(octets.count, start + Int.random(in: 1...120, using: &random))
                decoder.decode(octets.span.bytes.extracting(start..<end), into: &decoded)
                checker.check(octets.span.bytes.extracting(start..<end))
                #expect(decoder.sawJunk == checker.sawJunk && decoder.isDone == checker.isDone)
                start = end
            }
        }
    }

    /// A session that sends a mail, as `check` reads it and as everything else does.
    private func session(_ digestsMessages: Bool, _ text: String) -> Session {
        var options = SessionOptions()
        options.digestsMessages = digestsMessages
        let script = Script(
            "mail",
            "S: 220 x ESMTP\nC: EHLO x\nS: 250 x\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@x>\nS: 250 ok\n"
                + "C: DATA\nS: 354 go\nC: \(text)\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye")
        let trace = script.trace()
        let builder = SessionBuilder(trace.info, options: options)
        trace.play(into: builder)
        return builder.session
    }

    @Test(arguments: [true, false]) func `the same message is found again`(digestsMessages: Bool) throws {
        let first = session(digestsMessages, "one"), other = session(digestsMessages, "two")
        #expect((first.messages.first?.digest != nil) == digestsMessages)
        var watch = SessionWatch()
        #expect(watch.findings(in: first).isEmpty)
        #expect(watch.findings(in: other).isEmpty)
        var again = session(digestsMessages, "one")
        again.number = 3
        again.info.started = first.info.started.advanced(by: first.duration)
        #expect(watch.findings(in: again).map(\.rule) == ["smtp.probable-duplicate"])
    }
}
