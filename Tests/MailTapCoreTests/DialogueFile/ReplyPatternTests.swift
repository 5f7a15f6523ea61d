import MailTapCore
import Testing

@Suite struct ReplyPatternTests {
    @Test(
        arguments: [
            ("250|251", [250, 251], [252, 1]), ("2xx", [200, 250, 299], [199, 300]), ("25x", [250, 259], [249, 260]),
            ("+OK|-ERR", [1, 2], [3, 250]), ("4xx|550", [450, 550], [551]),
        ] as [(String, [UInt16], [UInt16])])
    func `a set of statuses accepts its own`(name: String, taken: [UInt16], refused: [UInt16]) throws {
        let pattern = try #require(ReplyPattern(name))
        for code in taken { #expect(pattern.accepts(ReplyStatus(rawValue: code)), "\(code)") }
        for code in refused { #expect(!pattern.accepts(ReplyStatus(rawValue: code)), "\(code)") }
    }

    @Test(arguments: [("2xx", "250"), ("3xx", "354"), ("55x", "550"), ("+OK|-ERR", "+OK"), ("451|250", "451")])
    func `the first status stands for the set in the stream`(name: String, octets: String) throws {
        #expect(try #require(ReplyPattern(name)).octets == Array(octets.utf8))
    }

    @Test(arguments: ["", "x", "anything", "250|", "|250", "2x0", "199", "6xx", "25", "2500", "re ", "re (", "re {2}"])
    func `other names are none`(name: String) { #expect(ReplyPattern(name) == nil) }
}
