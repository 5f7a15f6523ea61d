import MailTapCore

/// What a whole session did, in one sentence, and its figures.
public struct SessionOverview: Sendable, Equatable {
    /// A wait for a reply.
    public struct SlowestReply: Sendable, Equatable {
        /// Nanoseconds.
        public var latency: Int64
        /// Index of the exchange.
        public var exchange: Int
    }

    private struct Offered: Equatable {
        var clear: Offers
        var now: Offers
    }

    /// One plain sentence.
    public var sentence = ""
    /// Nanoseconds from the start to the greeting; nil where none was seen.
    public var timeToGreeting: Int64?
    /// The longest wait for a reply to a command; nil where no reply was seen.
    public var slowestReply: SlowestReply?
    /// Octets of messages transferred.
    public var contentBytes: UInt64 = 0
    /// Nanoseconds from each message's first octet to its last, summed.
    public var contentTime: Int64 = 0
    /// What the server offered in clear and no more under TLS.
    public var vanished: [String] = []
    /// What the server offered under TLS only.
    public var appeared: [String] = []
    /// Whether any command may name a user, and whether the server refused a login.
    private var mayNameUser = false, wasRefused = false
    /// What was offered in clear and under TLS, until it is compared at the end.
    private var offers: Offered?

    /// Octets of content per second; nil where too little passed to tell.
    public var rate: Double? {
        contentTime >= 1_000_000 && contentBytes > 0 ? Double(contentBytes) / (Double(contentTime) / 1e9) : nil
    }

    /// Sums up a session.
    public init(of session: Session) {
        let place = DialoguePlace(session)
        for index in session.exchanges.indices {
            place.move(to: index)
            place.advance()
            note(place)
        }
        finish(session, place)
    }

    /// Nothing known yet.
    init() {}

    /// Takes the next exchange, over which the dialogue's state has moved.
    mutating func note(_ place: DialoguePlace) {
        let verb = place.facts.verb
        if place.facts.hasReply {
            let latency = place.facts.latency
            if verb == .none {
                if timeToGreeting == nil, place.session.info.startSeen { timeToGreeting = latency }
            } else if latency > slowestReply?.latency ?? -1 {
                slowestReply = SlowestReply(latency: latency, exchange: place.index)
            }
        }
        switch verb {
        case .user: mayNameUser = true
        case .pass, .apop, .auth, .response:
            mayNameUser = true
            // AUTH alone only asks which mechanisms there are.
            if place.facts.status.isNegative, verb != .auth || place.facts.commandLength > 4 { wasRefused = true }
        default: break
        }
        if verb == .ehlo || verb == .lhlo || verb == .capa, place.state.isEncrypted,
            place.facts.isEncrypted || place.session.tls != nil,
            let clear = place.state.clearOffers, let now = place.state.offers
        {
            offers = Offered(clear: clear, now: now)
        }
    }

    /// The session is over; the place is at its end.
    mutating func finish(_ session: Session, _ place: DialoguePlace) {
        if let offers {
            vanished = offers.clear.capabilities.map(\.keyword).filter { offers.now.capability($0) == nil }
            appeared = offers.now.capabilities.map(\.keyword).filter { offers.clear.capability($0) == nil }
        }
        offers = nil
        for index in session.messages.indices {
            contentBytes = contentBytes.addingReportingOverflow(session.messages[index].bytes).partialValue
            contentTime = contentTime.addingReportingOverflow(session.messages[index].transferTime).partialValue
        }
        switch session.proto {
        case .smtp: sentence = smtp(session, place)
        case .pop3: sentence = pop3(session, place)
        case .imap: sentence = "An IMAP session, which is not decoded." + Self.end(session)
        case nil: sentence = "Nothing in it is known as mail." + Self.end(session)
        }
    }

    // MARK: Words

    private func smtp(_ session: Session, _ place: DialoguePlace) -> String {
        if session.isUndecrypted {
            return "The dialogue went on under TLS, which is not decrypted." + Self.end(session)
        }
        var text = Sentence()
        text.add("The client ")
        let done = logins(session, place)
        if !done.isEmpty { text.add(text: done.joined(separator: ", ") + " and ") }
        if session.messages.isEmpty { text.add("sent no message.") } else { transfers(session, to: &text) }
        text.add(text: Self.end(session))
        return text.text
    }

    private func transfers(_ session: Session, to text: inout Sentence) {
        let messages = session.messages
        var recipients = 0, refused = 0
        for index in messages.indices {
            recipients += messages[index].to.count
            refused += messages[index].rejected.count
        }
        text.add("sent ")
        text.add(count: messages.count, "message")
        text.add(" of ")
        text.add(count: contentBytes, "octet")
        text.add(" to ")
        text.add(count: recipients, "recipient")
        text.add(text: Self.fate(session))
        text.add(".")
        guard refused > 0 else { return }
        text.add(text: " \(ShownText.count(refused, "recipient was", "recipients were")) refused.")
    }

    private static func fate(_ session: Session) -> String {
        let messages = session.messages
        var taken = 0, refused = 0, unended = 0
        for index in messages.indices {
            switch messages[index].accepted {
            case true?: taken += 1
            case false?: refused += 1
            case nil: if isUnended(messages[index], session) { unended += 1 }
            }
        }
        let open = messages.count - taken - refused - unended
        if taken == messages.count { return ", accepted" }
        if refused == messages.count { return ", refused" }
        if unended == messages.count {
            return ", not taken, since \(unended == 1 ? "its content" : "the content of each") never ended"
        }
        if open == messages.count { return ", of which it is not known whether it was taken" }
        return ", \(taken) accepted, \(refused) refused" + (open > 0 ? ", \(open) without an answer" : "")
            + (unended > 0 ? ", \(unended) not taken, since the content never ended" : "")
    }

    /// Whether the session went on, or ended, without the end of a message's content: no server takes such a one
    /// (RFC 5321 section 4.1.1.4, RFC 3030 section 2).
    private static func isUnended(_ message: Message, _ session: Session) -> Bool {
        !message.complete && message.kind.isSubmitted && session.ending != .open && session.clientMissing == 0
            && session.info.startSeen
    }

    private func pop3(_ session: Session, _ place: DialoguePlace) -> String {
        if session.isUndecrypted {
            return "The dialogue went on under TLS, which is not decrypted." + Self.end(session)
        }
        let done = logins(session, place)
        var fetched = 0, tops = 0
        for index in session.messages.indices {
            if session.messages[index].kind == .retr { fetched += 1 }
            if session.messages[index].kind == .top { tops += 1 }
        }
        let deleted = place.state.deleted.count
        let last = done.count + (tops > 0 ? 1 : 0) + (deleted > 0 ? 1 : 0)
        var text = Sentence()
        var number = 0
        func next() {
            if number > 0 { text.add(number == last ? " and " : ", ") }
            number += 1
        }
        text.add("The client ")
        for words in done {
            next()
            text.add(text: words)
        }
        next()
        text.add("fetched ")
        if fetched == 0 { text.add("no message") } else { text.add(count: fetched, "message") }
        if tops > 0 {
            next()
            text.add("looked at the top of ")
            text.add(UInt64(tops))
        }
        if deleted > 0 {
            next()
            text.add(place.state.phase == .update ? "deleted " : "marked ")
            text.add(count: deleted, "message")
            if place.state.phase != .update {
                // Whether a QUIT took effect whose reply is not known, nobody can tell.
                let stay = !place.lacksOctets && session.ending != .quit && session.ending != .open
                text.add(stay ? " for deletion, which stay" : " for deletion")
            }
        }
        text.add(".")
        text.add(text: Self.end(session))
        return text.text
    }

    private func logins(_ session: Session, _ place: DialoguePlace) -> [String] {
        var parts: [String] = []
        if session.tls?.isClientUnderTLS ?? session.exchanges.last?.isEncrypted ?? false {
            parts.append("went on under TLS")
        }
        if place.state.isAuthenticated {
            parts.append("logged in" + (LoginName.accepted(in: session).last.map { " as \(ShownText.of($0))" } ?? ""))
        } else if mayNameUser, let user = LoginName.of(session) {
            parts.append("failed to log in as \(ShownText.of(user))")
        } else if wasRefused {
            parts.append("failed to log in")
        }
        return parts
    }

    private static func end(_ session: Session) -> String {
        switch session.ending {
        case .quit: " It ended by QUIT."
        case .clientClosed: " The client closed the connection without QUIT."
        case .serverClosed: " The server closed the connection."
        case .reset: " The connection was reset."
        case .timeout: " It ended since nothing was said any more."
        case .open: " Its end was not seen."
        case .killed: " It was ended from outside."
        }
    }
}

extension Session {
    /// Whether most of it is ciphertext.
    var isUndecrypted: Bool { tls?.isDecrypted == false }
}
