import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What is read at once of an exchange says the same as what is read slowly.
@Suite struct ExchangeFactsTests {
    private func verb(_ keyword: String) -> DialogueVerb { DialogueVerb(Verb(keyword)) }

    private func isUsual(_ address: String) -> Bool { AddressForm.isUsual(Array(address.utf8).span.bytes) }

    private func isUsualDomain(_ name: String) -> Bool { AddressForm.isUsualDomain(Array(name.utf8).span.bytes) }

    @Test func `each keyword has its verb`() {
        for known in SMTPVerb.allCases where known != .unknown {
            #expect("\(verb(known.keyword))" == known.keyword.lowercased())
            #expect(verb(known.keyword).isKnown(in: .smtp))
            #expect(
                verb(known.keyword).isKnown(in: .pop3)
                    == POP3Verb.allCases.contains { $0.keyword == known.keyword })
        }
        for known in POP3Verb.allCases where known != .unknown {
            #expect("\(verb(known.keyword))" == known.keyword.lowercased())
            #expect(verb(known.keyword).isKnown(in: .pop3))
            #expect(
                verb(known.keyword).isKnown(in: .smtp)
                    == SMTPVerb.allCases.contains { $0.keyword == known.keyword })
        }
    }

    @Test(arguments: ["", "MAI", "MAILS", "mail", "\0MAIL", "STARTTLSX", "*dat", "ſAML"])
    func `other words have none`(keyword: String) { #expect(verb(keyword) == .other) }

    @Test func `no command, content and SASL responses are told apart`() {
        #expect(verb("*data") == .content)
        #expect(verb("*auth") == .response)
        #expect(ExchangeFacts([Exchange()], 0).verb == .none)
    }

    /// Lines, and whether their parameters are such as are read at once.
    @Test(arguments: [
        ("", true), (" SIZE=0", true), (" SIZE=123  BODY=8BITMIME\tSMTPUTF8 ", true), (" BODY=7BIT", true),
        (" SIZE=1 SIZE=1", false), (" BODY=7BIT BODY=8BITMIME", false), (" SMTPUTF8 SMTPUTF8", false),
        (" SIZE=", false),
        (" SIZE", false), (" SIZE=12a", false), (" SIZE=1234567890123456789", false), (" BODY=BINARYMIME", false),
        (" size=1", false), (" SMTPUTF8=", false), (" AUTH=<>", false), (" SIZE=1 RET=HDRS", false),
        (" XBODY=7BIT", false),
    ])
    func `usual parameters are read as others are`(parameters: String, areUsual: Bool) {
        let line = Array(("MAIL FROM:<a@example.org>" + parameters).utf8)
        let slowly = SMTPGrammar.parameters(Array(parameters.utf8)[...])
        let usual = UsualParameters(line.span.bytes, 25..<line.count, isRecipient: false)
        #expect(usual.areAll == areUsual)
        #expect(usual.isEmpty == slowly.isEmpty)
        let ofRecipient = UsualParameters(line.span.bytes, 25..<line.count, isRecipient: true)
        #expect(ofRecipient.areAll == slowly.isEmpty)
        guard areUsual else { return }
        #expect(usual.size == slowly.first { $0.key == "SIZE" }?.value.flatMap { UInt64($0) })
        #expect(usual.hasBody == slowly.contains { $0.key == "BODY" })
        #expect(usual.is8Bit == slowly.contains { $0.value == "8BITMIME" })
        #expect(usual.wantsUTF8 == slowly.contains { $0.key == "SMTPUTF8" })
        for parameter in slowly { #expect(MailParameters.grammar(of: parameter.key)?.problem(parameter.value) == nil) }
    }

    @Test(arguments: [
        "a@example.org", "first.last+tag=x@mail-1.example.org", "_@x", String(repeating: "a", count: 64) + "@x.y",
    ])
    func `usual addresses are good ones`(address: String) {
        #expect(isUsual(address))
        #expect(AddressForm.problem(address, isSender: false) == nil)
        #expect(AddressForm.lapse(address) == nil)
    }

    @Test(arguments: [
        "", "a", "@", "@x", "a@", "a@b@c", ".a@x", "a.@x", "a..b@x", "a@.x", "a@x.", "a@x..y", "a@-x", "a@x-", "a@x-.y",
        "a b@x", "\"a\"@x", "a@[192.0.2.1]", "a@x_y", "ä@x", "a@ä", "<a@x", "a@x>", "@r:a@x", "a\0@x",
        String(repeating: "a", count: 65) + "@x", "a@" + String(repeating: "x", count: 64), "a!@x",
    ])
    func `what may be odd about an address is looked at`(address: String) {
        #expect(!isUsual(address))
    }

    @Test(arguments: ["example.org", "a.b", "127.0.0.1", "x-1.example", "1.2"])
    func `usual names are full domain names`(name: String) {
        #expect(isUsualDomain(name))
        #expect(AddressForm.isFullDomain(name))
    }

    @Test(arguments: [
        "", "example", "example.", ".org", "a..b", "-a.b", "a-.b", "a.b-", "[192.0.2.1]", "a b.c", "ä.org", "a_b.c",
    ])
    func `what may be odd about a name is looked at`(name: String) {
        #expect(!isUsualDomain(name))
    }

    @Test func `an offer is found at once just where it is read`() {
        let keywords: [(Offers.Known, String)] = [
            (.size, "SIZE"), (.auth, "AUTH"), (.startTLS, "STARTTLS"), (.eightBitMIME, "8BITMIME"), (.utf8, "SMTPUTF8"),
            (.enhancedCodes, "ENHANCEDSTATUSCODES"), (.chunking, "CHUNKING"), (.limits, "LIMITS"),
            (.pipelining, "PIPELINING"),
        ]
        let lines = [
            "SIZE", "size 100", " SIZE 5 6", "SIZES 7", "SIZ", "AUTH PLAIN", "AUTH=LOGIN PLAIN", "auth=", "AUTHS",
            "AUTH ",
            "StartTLS", "STARTTLS1", "8bitmime", "8BITMIM", "smtputf8", "ENHANCEDSTATUSCODES", "enhancedstatuscodes",
            "ENHANCEDSTATUSCODEZ", "ENHANCEDSTATUSCODE", "CHUNKING", "LIMITS RCPTMAX=1", "limits\tA=1", "PIPELINING",
            "pipelining x", "PIPELINIMG", "PIPELINING1", "XXXXXXXX", "", "  ", "SIZE\u{E4} 1", "AUTH\u{E4}",
        ]
        for line in lines {
            let text = WireText(Array(line.utf8))
            let offers = Offers([text][...])
            let slowly = Capability(line: text)
            #expect(offers.capabilities == [slowly].compactMap(\.self))
            for (known, keyword) in keywords {
                let isOffered = slowly?.keyword == keyword
                #expect(offers.known.contains(known) == isOffered, "\(keyword) in \(line)")
                #expect(offers.capability(keyword) == (isOffered ? slowly : nil))
                if known == .auth { #expect(offers.auth == (isOffered ? slowly : nil)) }
                if known == .limits { #expect(offers.limits == (isOffered ? slowly : nil)) }
            }
            #expect(
                offers.sizeLimit == (slowly?.keyword == "SIZE" ? slowly?.arguments.first.flatMap { UInt64($0) } : nil))
        }
        #expect(Offers([WireText(Array("XXXXXXXA".utf8))][...]).known == .overwritten)
    }

    @Test(arguments: ["", "QUIT", " QUIT", "EHLO a", "EHLO  a b ", "\tMAIL \t FROM:<a@b>\t", "   ", "a  "])
    func `an argument stands where it is read`(line: String) {
        let octets = Array(line.utf8)
        #expect(
            Array(octets[SMTPGrammar.argumentPlace(in: octets.span.bytes)]) == Array(SMTPGrammar.argument(of: octets)))
    }

    @Test func `printable octets are told from others wherever they stand`() {
        for octet in [0, 9, 13, 31, 32, 126, 127, 128, 255] as [UInt8] {
            for length in 1...20 {
                for place in 0..<length {
                    var octets = [UInt8](repeating: 65, count: length)
                    octets[place] = octet
                    let isPrintable = octets.span.bytes.isPrintable
                    #expect(isPrintable == (octet >= 32 && octet <= 126))
                }
            }
        }
    }
}
