import Testing

@testable import mailtap

@Suite struct CommandNameTests {
    @Test(arguments: [
        ("lst", "list"), ("analyse ", "analyse"), ("analzye", "analyze"), ("Proxy", "proxy"), ("chekc", "check"),
        ("dif", "diff"),
    ])
    func theNearestCommandIsNamed(_ word: String, _ command: String) {
        let failure = #expect(throws: Failure.self) { try CommandName.check([word]) }
        #expect(failure?.status == .usage && failure?.text.contains("did you mean '\(command)'?") == true)
    }

    @Test(arguments: ["office.pcap", "xyzzy", "\u{1B}[31m", String(repeating: "list", count: 10_000)])
    func whatIsNearNoneNamesNone(_ word: String) {
        let failure = #expect(throws: Failure.self) { try CommandName.check([word]) }
        #expect(failure?.text.contains("did you mean") == false && failure?.text.contains("\u{1B}") == false)
    }

    @Test(arguments: [[], ["list"], ["analyse", "lst"], ["--version"], ["-h"], ["help", "lst"]])
    func commandsAndOptionsPass(_ arguments: [String]) throws { try CommandName.check(arguments) }
}
