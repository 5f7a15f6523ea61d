/// The words of a session's header line.
enum DialogueHeader {
    struct Problem: Error {
        var problem: String
    }

    /// What the words `key=value` say of a session.
    static func info(_ words: ArraySlice<DialogueWord>, source: String?) -> Result<SessionInfo, Problem> {
        var info = SessionInfo(
            source: "", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
            started: Timestamp(nanoseconds: 0))
        for word in words {
            guard let key = word.key, let text = word.text else {
                return .failure(Problem(problem: "a word of the header is not of the form key=value"))
            }
            guard set(key, text, &info) else {
                return .failure(Problem(problem: "'\(key)' in the header is unknown, or its value is not of its form"))
            }
        }
        if let source { info.source = source }
        return .success(info)
    }

    private static func set(_ key: String, _ text: String, _ info: inout SessionInfo) -> Bool {
        switch key {
        case "source": info.source = text
        case "client": return set(text, &info.client)
        case "server": return set(text, &info.server)
        case "client-name": info.client.name = text
        case "server-name": info.server.name = text
        case "route": info.route = text
        case "started":
            guard let moment = TimeText.parse(moment: text.utf8) else { return false }
            info.started = moment
        case "expecting":
            guard let proto = MailProtocol.allCases.first(where: { $0.name == text }) else { return false }
            info.expecting = proto
        case "expects-tls": return set(text, &info.expectsTLS)
        case "start-seen": return set(text, &info.startSeen)
        case "known-mail": return set(text, &info.isKnownMail)
        default: return false
        }
        return true
    }

    private static func set(_ text: String, _ flag: inout Bool) -> Bool {
        guard text == "yes" || text == "no" else { return false }
        flag = text == "yes"
        return true
    }

    /// Reads `192.0.2.7:25`, `[2001:db8::1]:25`, or `?:25` where the address is not known.
    private static func set(_ text: String, _ endpoint: inout Endpoint) -> Bool {
        guard let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].utf8.first != UInt8(ascii: "+"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return false }
        var host = text[..<colon]
        endpoint.port = port
        if host == "?" {
            endpoint.address = nil
            return true
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host), address.isIPv4 != isBracketed else { return false }
        endpoint.address = address
        return true
    }
}
