/// Why a text is no `MailURL`.
public struct MailURLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and with what, and an example of what would be right.
    public var description: String
}

extension MailURL {
    /// Reads `SCHEME://HOST[:PORT]`.
    ///
    /// - Throws: `MailURLError`, for a person to read.
    public init(parsing text: some StringProtocol) throws(MailURLError) {
        let text = String(text)
        func wrong(_ what: String) -> MailURLError {
            MailURLError(description: "'\(text)' is no mail URL: \(what); an example: smtp://mail.example.org:25")
        }
        guard let mark = text.firstRange(ofASCII: "://") else { throw wrong("it has no SCHEME://") }
        let word = text[..<mark.lowerBound]
        guard let scheme = Scheme(word: word) else {
            let known = Scheme.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong("the scheme '\(word)' is none of \(known)")
        }
        var rest = text[mark.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.isEmpty else { throw wrong("the host is missing") }
        guard !rest.contains("@") else { throw wrong("a user or password does not belong here") }
        guard !rest.contains(where: { "/?#".contains($0) }) else { throw wrong("nothing may follow HOST[:PORT]") }
        let (host, port): (String, UInt16?)
        do throws(HostAndPort.Problem) {
            (host, port) = try HostAndPort.split(rest)
        } catch {
            throw wrong(error.what)
        }
        guard port != 0 else { throw wrong("port 0 can't be connected to") }
        self.init(scheme: scheme, host: host, port: port)
    }
}

/// The `HOST`, `HOST:PORT` and `[IPv6]:PORT` that URLs and addresses to listen on share.
public enum HostAndPort {
    /// What is wrong with one.
    public struct Problem: Error, Sendable, Equatable {
        /// A clause for a person, without a full stop.
        public var what: String

        /// A problem in a clause's words.
        public init(what: String) { self.what = what }
    }

    /// Takes `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT` apart.
    ///
    /// - Returns: the host without brackets, and the port (0...65535) where there is one.
    public static func split(_ text: some StringProtocol) throws(Problem) -> (host: String, port: UInt16?) {
        let text = String(text)
        var host = Substring(text)
        var port: Substring?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw Problem(what: "the closing ']' is missing") }
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw Problem(what: "':PORT' belongs behind ']'") }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard let address = IPAddress(host), !address.isIPv4 else {
                throw Problem(what: "'\(host)' between brackets is no IPv6 address")
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            let rest = text[text.index(after: colon)...]
            guard !rest.contains(":") else { throw Problem(what: "an IPv6 address needs brackets, as in [::1]:25") }
            port = rest
        }
        guard !host.isEmpty else { throw Problem(what: "the host is missing") }
        guard text.hasPrefix("[") || isHostName(host) else { throw Problem(what: "'\(host)' is no host name") }
        guard let port else { return (String(host), nil) }
        return (String(host), try number(port))
    }

    /// A port number, 0...65535, in decimal digits alone.
    public static func number(_ text: some StringProtocol) throws(Problem) -> UInt16 {
        guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let port = UInt16(text)
        else { throw Problem(what: "'\(text)' is no port (0 to 65535)") }
        return port
    }

    /// Letters, digits, dots, hyphens and underscores, or anything beyond ASCII (the resolver judges those).
    private static func isHostName(_ host: some StringProtocol) -> Bool {
        guard host.utf8.count <= 253, !host.hasPrefix("-"), !host.hasPrefix(".") else { return false }
        return host.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
            default: scalar.value >= 0xA0
            }
        }
    }
}

extension String {
    /// Where a short ASCII text first stands; the standard library alone has no such search for strings.
    fileprivate func firstRange(ofASCII needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
