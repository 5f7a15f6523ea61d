import MailTapCore
import Testing

@testable import MailTapAnalysis

/// Forms of values in filters: moments, addresses, the null sender.
@Suite struct FilterFormsTests {
    private func session(date: String, from sender: String, address: String = "192.0.2.7") -> Session {
        var script = SessionScript(.smtp)
        script.session.info.client.address = IPAddress(address)
        script.say("EHLO me", "250 mx")
        script.say("MAIL FROM:<\(sender)>", "250 ok")
        script.say("RCPT TO:<b@example.net>", "250 ok")
        script.say("DATA", "354 go")
        script.say("", "250 ok", verb: "*data")
        script.carry("Date: \(date)\r\n\r\nx\r\n", kind: .data) {
            $0.from = sender
            $0.to = ["b@example.net"]
        }
        return script.session
    }

    private func chooses(_ expression: String, _ session: Session) throws -> Bool {
        try SessionFilter(parsing: expression).matches(session)
    }

    @Test(arguments: [
        "imf.date < 2026-11-24", "imf.date == 2026-11-23T20:30:00Z", "imf.date == 2026-11-23T22:30+02:00",
        "imf.date > 2026-11-23", "imf.date >= 2026-11-23T20:30", "imf.date < 9999-12-31", "imf.date != 2099-01-01",
        "imf.date", "not imf.date > 2099-01-01", "imf.date == \"2026-11-23 20:30:00\"",
    ]) func datesAreComparedAsMoments(_ expression: String) throws {
        #expect(try chooses(expression, session(date: "Mon, 23 Nov 2026 15:30:00 -0500", from: "a@example.org")))
    }

    @Test func aDateThatIsNoneIsThereAndNeverMatches() throws {
        let odd = session(date: "yesterday", from: "a@example.org")
        #expect(try chooses("imf.date", odd))
        #expect(try !chooses("imf.date < 2099-01-01 or imf.date >= 1900-01-01", odd))
    }

    @Test(arguments: [
        "2026-13-01", "2026-02-29", "2026-11-23T", "2026-11-23T24:00Z", "2026-11-23T06:00+2", "2026-11-23T06:00Zx",
        "2026-11-23x", "26-11-23", "2026-11-23T06", "",
    ]) func whatIsNoMoment(_ text: String) {
        #expect(DateParser.moment(text) == nil)
    }

    @Test func momentsHaveOffsetsAndEnds() {
        #expect(DateParser.moment("2026-11-23T06:00+02:00") == DateParser.moment("2026-11-23T04:00:00Z"))
        #expect(DateParser.moment("2026-11-23T06:00:00.5-0130") == DateParser.moment("2026-11-23T07:30:00.500z"))
        #expect(DateParser.moment("9999-12-31") == 253_402_214_400)
        #expect(DateParser.moment("0001-01-01") == -62_135_596_800)
    }

    @Test(arguments: [
        "ip.addr == 2001:db8::7", "ip.addr == 2001:db8:0:0:0:0:0:7", "ip.src == 2001:DB8:0::7",
        "ip.addr == 2001:0db8::0007", "ip.addr in {2001:0DB8::7}", "ip.src != 2001:db8::8", "ip.addr == 2001:0DB8::/32",
    ]) func anAddressIsTheSameInEachOfItsForms(_ expression: String) throws {
        let session = session(date: "x", from: "a@example.org", address: "2001:db8::7")
        #expect(try chooses(expression, session))
        #expect(try !chooses("ip.src != 2001:0DB8:0::7", session))
    }

    @Test(arguments: [
        "ip.src == 192.0.2.7", "ip.src == ::ffff:192.0.2.7", "ip.src == ::FFFF:C000:0207", "ip.src == 192.0.2.0/24",
        "ip.src == ::ffff:0:0/96",
    ]) func anIPv4AddressThatIsMappedIsTheSame(_ expression: String) throws {
        #expect(try chooses(expression, session(date: "x", from: "a@example.org", address: "::ffff:192.0.2.7")))
        guard !expression.hasSuffix("/96") else { return }
        #expect(try chooses(expression, session(date: "x", from: "a@example.org", address: "192.0.2.7")))
    }

    @Test(arguments: ["from:<>", "from:\"\"", "from == \"\"", "from == \"<>\"", "from == <>", "smtp and from:<>"])
    func theNullSenderHasAForm(_ expression: String) throws {
        #expect(try chooses(expression, session(date: "x", from: "")))
        #expect(try !chooses(expression, session(date: "x", from: "a@example.org")))
    }

    @Test func addressesMayHaveTheirBrackets() throws {
        let session = session(date: "x", from: "a@example.org")
        #expect(try chooses("from:<a@example.org> to:<b@example.net>", session))
        #expect(try !chooses("from:<a@example.or>", session))
    }
}
