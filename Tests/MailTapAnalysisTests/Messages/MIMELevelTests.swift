import MailTapCore
import Testing

@testable import MailTapAnalysis

/// Which open multipart a line is a boundary of (RFC 2046 section 5.1.1).
@Suite struct MIMELevelTests {
    private func found(_ line: String, in levels: [MIMELevel]) -> (level: Int, isEnd: Bool)? {
        let octets = Array(line.utf8)
        return levels.boundary(octets.span.bytes)
    }

    private let levels = [
        MIMELevel(boundary: "outer", defaultType: "text/plain", depth: 1),
        MIMELevel(boundary: "inner", defaultType: "text/plain", depth: 2),
    ]

    @Test func aDelimiterBelongsToItsMultipart() {
        let outer = found("--outer\r\n", in: levels)
        #expect(outer?.level == 0 && outer?.isEnd == false)
        let inner = found("--inner--  \r\n", in: levels)
        #expect(inner?.level == 1 && inner?.isEnd == true)
    }

    @Test(arguments: ["--other\r\n", "-outer\r\n", "--outer text\r\n", "--outer--text\r\n", "", "text"])
    func anythingElseIsText(_ line: String) {
        #expect(found(line, in: levels) == nil)
    }

    @Test func behindItsLastBoundaryAMultipartHasNone() {
        var levels = levels
        levels[0].state = .epilogue
        #expect(found("--outer\r\n", in: levels) == nil)
    }
}
