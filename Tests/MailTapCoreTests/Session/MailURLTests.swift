import MailTapCore
import Testing

struct MailURLTests {
    @Test(arguments: [
        ("smtp://mail.example.org", MailURL.Scheme.smtp, "mail.example.org", UInt16(25)),
        ("submission://mail.example.org", .submission, "mail.example.org", 587),
        ("smtps://mail.example.org", .smtps, "mail.example.org", 465),
        ("submissions://mail.example.org", .smtps, "mail.example.org", 465),
        ("lmtp://127.0.0.1", .lmtp, "127.0.0.1", 24),
        ("pop3://mail", .pop3, "mail", 110),
        ("pop://mail", .pop3, "mail", 110),
        ("pop3s://mail", .pop3s, "mail", 995),
        ("pops://mail", .pop3s, "mail", 995),
        ("imap://mail", .imap, "mail", 143),
        ("imaps://mail", .imaps, "mail", 993),
        ("smtp+mx://example.org", .smtpMX, "example.org", 25),
        ("SMTP://Mail.Example.org:2525", .smtp, "Mail.Example.org", 2525),
        ("pop3://[::1]", .pop3, "::1", 110),
        ("pop3://[2001:db8::2]:65535/", .pop3, "2001:db8::2", 65535),
        ("smtp://bücher.example", .smtp, "bücher.example", 25),
    ])
    func reads(text: String, scheme: MailURL.Scheme, host: String, port: UInt16) throws {
        #expect(try MailURL(parsing: text) == MailURL(scheme: scheme, host: host, port: port))
    }

    @Test(arguments: [
        ("mail.example.org", "no SCHEME://"), ("http://mail.example.org", "'http'"), ("smtp://", "host is missing"),
        ("smtp:///", "host is missing"), ("smtp://:25", "host is missing"), ("smtp://mail:", "'' is no port"),
        ("smtp://mail:65536", "'65536' is no port"), ("smtp://mail:+25", "'+25' is no port"),
        ("smtp://mail:0", "port 0"), ("smtp://user:secret@mail", "user or password"),
        ("smtp://mail/box", "nothing may follow"), ("smtp://mail?x", "nothing may follow"), ("smtp://::1", "brackets"),
        ("smtp://[::1", "closing ']'"), ("smtp://[::1]25", "belongs behind"), ("smtp://[127.0.0.1]", "no IPv6 address"),
        ("smtp://ma il", "no host name"), ("smtp://-oProxy", "no host name"), ("://", "''"), ("", "no SCHEME://"),
        ("smtp:/\u{301}/x", "no SCHEME://"),
    ])
    func refuses(text: String, saying part: String) {
        let error = #expect(throws: MailURLError.self) { try MailURL(parsing: text) }
        #expect(error?.description.contains(part) == true)
        #expect(error?.description.contains("smtp://mail.example.org:25") == true)
    }

    @Test(arguments: [
        ("smtp://mail.example.org:25", "smtp://mail.example.org"), ("submissions://a:465", "smtps://a"),
        ("pop3://[::1]:2110", "pop3://[::1]:2110"), ("smtp+mx://example.org", "smtp+mx://example.org"),
    ])
    func prints(text: String, as expected: String) throws {
        let url = try MailURL(parsing: text)
        #expect(url.description == expected)
        #expect(try MailURL(parsing: url.description) == url)
    }

    @Test(arguments: MailURL.Scheme.allCases)
    func everySchemeIsReadBackFromItsName(scheme: MailURL.Scheme) {
        #expect(MailURL.Scheme(word: scheme.rawValue) == scheme)
        #expect(scheme.isImplicitTLS == [465, 995, 993].contains(scheme.defaultPort))
    }
}
