import MailTapCore
import MailTapProxy
import Testing

struct RouteTests {
    @Test(arguments: [
        ("2525=smtp://mail.example.org", "127.0.0.1", UInt16(2525), "127.0.0.1:2525"),
        ("0=pop3://mail", "127.0.0.1", 0, "127.0.0.1:0"),
        ("0.0.0.0:25=smtp://mail", "0.0.0.0", 25, "0.0.0.0:25"),
        ("[::1]:2110=pop3://mail", "::1", 2110, "[::1]:2110"),
        ("localhost:0=smtp://mail", "localhost", 0, "localhost:0"),
    ])
    func reads(text: String, host: String, port: UInt16, listen: String) throws {
        let route = try Route(parsing: text)
        #expect(route.listen == ListenAddress(host: host, port: port))
        #expect(route.listen.description == listen)
        #expect(route.text == text)
    }

    @Test func keepsTheURLAsItWasWritten() throws {
        let route = try Route(parsing: "2525=submissions://Mail.example.org:465")
        #expect(route.urlText == "submissions://Mail.example.org:465")
        #expect(route.server == MailURL(scheme: .smtps, host: "Mail.example.org"))
    }

    @Test(arguments: [
        ("2525", "'='"), ("=smtp://mail", "host is missing"), (":25=smtp://mail", "host is missing"),
        ("mail=smtp://mail", "port is missing"), ("[::1]=smtp://mail", "port is missing"),
        ("::1:25=smtp://mail", "brackets"), ("99999=smtp://mail", "'99999' is no port"),
        ("25=mail", "no SCHEME://"), ("25=ftp://mail", "'ftp'"), ("", "'='"),
    ])
    func refuses(text: String, saying part: String) {
        let error = #expect(throws: RouteError.self) { try Route(parsing: text) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("example") == true)
    }

    @Test(arguments: [
        ("25", true), ("localhost:25", true), ("[::1]:25", true), ("127.8.0.1:25", true), ("0.0.0.0:25", false),
        ("[::]:25", false), ("mail.example.org:25", false),
    ])
    func knowsLoopback(text: String, isLoopback: Bool) throws {
        #expect(try ListenAddress(parsing: text).isLoopback == isLoopback)
    }
}
