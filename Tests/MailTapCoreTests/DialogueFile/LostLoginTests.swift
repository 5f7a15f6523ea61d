import MailTapCore
import MailTapTesting
import Testing

/// Logins of which octets were lost, whatever those are: no password is left in the masked trace.
@Suite struct LostLoginTests {
    /// A login whose password the server repeats; `@` stands for it, `&` for it in base64, `#` for PLAIN's response.
    struct Login: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var lines: [String]

        init(_ name: String, _ lines: String) {
            testDescription = name
            self.lines = lines.split(separator: "\n").map(String.init)
        }
    }

    private static let smtp = "S: 220 m.example ESMTP\nC: EHLO c\nS: 250-m\nS: 250 AUTH PLAIN LOGIN\n"
    private static let askedLogin = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6\nC: &\n"

    static let logins = [
        Login("PLAIN", smtp + "C: AUTH PLAIN #\nS: 535 5.7.8 no @ here\nC: QUIT\nS: 221 bye"),
        Login("PLAIN, repeated in base64", smtp + "C: AUTH PLAIN #\nS: 535 no # &\nC: QUIT\nS: 221 bye"),
        Login("PLAIN, asked for", smtp + "C: AUTH PLAIN\nS: 334 \nC: #\nS: 535 bad @\nC: QUIT\nS: 221 bye"),
        Login("LOGIN", smtp + askedLogin + "S: 535 bad @\nC: QUIT\nS: 221 bye"),
        Login("LOGIN, repeated later", smtp + askedLogin + "S: 235 ok\nC: RSET\nS: 421 @"),
        Login("an unanswered command", smtp + "C: NOOP\n" + askedLogin + "S: 535 bad @\nC: QUIT\nS: 221 bye"),
        Login(
            "LOGIN, not now",
            smtp + "C: AUTH LOGIN\nS: 503 not now\nC: YWxpY2U=\nS: 500 ?\nC: &\nS: 500 what is &? @\nC: QUIT\n"
                + "S: 221 bye"),
        Login("POP3", "S: +OK\nC: USER alice\nS: +OK\nC: PASS @\nS: -ERR bad @\nC: QUIT\nS: +OK bye"),
        Login(
            "POP3, with a listing",
            "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .\nC: USER alice\nS: +OK\nC: PASS @\nS: +OK\nC: LIST\nS: +OK\nS: 1 2\n"
                + "S: .\nC: DELE 1\nS: -ERR no @\nC: QUIT\nS: +OK bye"),
        Login(
            "POP3, CAPA's listing never ends",
            "S: +OK\nC: CAPA\nS: +OK\nC: USER alice\nS: +OK\nC: PASS @\nS: -ERR bad @\nC: QUIT\nS: +OK bye"),
        Login("POP3 PLAIN", "S: +OK\nC: AUTH PLAIN\nS: + \nC: #\nS: -ERR bad @\nC: QUIT\nS: +OK bye"),
        Login("POP3 PLAIN at once", "S: +OK\nC: AUTH PLAIN #\nS: -ERR bad @ #\nC: QUIT\nS: +OK bye"),
    ]

    private static let password = "Xk9mQ2wv"
    private static let encoded = Base64.encode(password.utf8)
    private static let plain = Base64.encode(("\0alice\0" + password).utf8)

    /// The octets of a line.
    private static func octets(_ line: String) -> [UInt8] {
        line.dropFirst(3).utf8.reduce(into: []) { octets, octet in
            switch octet {
            case UInt8(ascii: "@"): octets += password.utf8
            case UInt8(ascii: "&"): octets += encoded
            case UInt8(ascii: "#"): octets += plain
            default: octets.append(octet)
            }
        } + [13, 10]
    }

    /// What is left of the password in a trace with some of the lines lost, wholly or from a place on or up to it.
    private func leak(_ login: Login, startSeen: Bool, lost: [Int: Range<Double>]) -> String? {
        var script = Script("lost", steps: [])
        for (index, line) in login.lines.enumerated() {
            let side: Side = line.hasPrefix("C") ? .client : .server
            let octets = Self.octets(line)
            let part = lost[index] ?? 0..<0
            let from = Int(part.lowerBound * Double(octets.count))
            let to = Int(part.upperBound * Double(octets.count))
            let before = to == from ? octets.count : from
            if before > 0 { script.steps.append(.octets(side, Array(octets[..<before]))) }
            if to > from { script.steps.append(.mark(.gap(side, UInt64(to - from)))) }
            if to > from, to < octets.count { script.steps.append(.octets(side, Array(octets[to...]))) }
        }
        var info = SessionInfo.test
        info.startSeen = startSeen
        info.expecting = login.lines[0].hasPrefix("S: +OK") ? .pop3 : .smtp
        for (_, entry) in TraceMasking.masked(script.trace(info: info)).entries {
            guard case .chunk(_, let octets) = entry else { continue }
            let text = String(decoding: octets, as: UTF8.self)
            let forms = [Self.password, String(decoding: Self.encoded.prefix(10), as: UTF8.self)]
            if forms.contains(where: text.contains) { return text }
            for word in text.split(whereSeparator: { " \r\n".contains($0) }) {
                let plain = Base64.decode(word.utf8).map { String(decoding: $0, as: UTF8.self) }
                if plain?.contains(Self.password) == true { return text }
            }
        }
        return nil
    }

    @Test(arguments: logins, [true, false])
    func eachLineLostInTurn(_ login: Login, startSeen: Bool) {
        #expect(leak(login, startSeen: startSeen, lost: [:]) == nil)
        for first in login.lines.indices {
            for part in [0..<1.0, 0..<0.4, 0.6..<1] {
                let text = leak(login, startSeen: startSeen, lost: [first: part])
                #expect(text == nil, "line \(first) lost \(part)")
                for second in login.lines.indices.dropFirst(first + 1) {
                    let text = leak(login, startSeen: startSeen, lost: [first: part, second: 0..<1])
                    #expect(text == nil, "line \(first) lost \(part), \(second) wholly")
                }
            }
        }
    }

    @Test(arguments: logins)
    func manyLinesLost(_ login: Login) {
        var random = SeededGenerator(seed: 20_261_126)
        for _ in 0..<400 {
            var lost: [Int: Range<Double>] = [:]
            for _ in 0..<Int.random(in: 2...5, using: &random) {
                let from = Double.random(in: 0...0.7, using: &random)
                let isWhole = Bool.random(using: &random)
                lost[Int.random(in: login.lines.indices, using: &random)] = isWhole ? 0..<1 : from..<from + 0.3
            }
            #expect(leak(login, startSeen: true, lost: lost) == nil, "\(lost)")
        }
    }
}
