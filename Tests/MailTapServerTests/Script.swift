import MailTapServer
import Testing

/// Lines of a session: those behind `C: ` are sent together, then exactly those behind `S: ` must come.
///
/// `\r`, `\n`, `\0` and `\\` stand for themselves in a line; `C! ` sends a line without its CRLF.
func play(
    _ script: String, drip: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
    through receive: ([UInt8]) -> [UInt8]
) {
    var sent: [UInt8] = []
    var expected: [UInt8] = []
    func settle() {
        guard !sent.isEmpty || !expected.isEmpty else { return }
        var came: [UInt8] = []
        if drip {
            for octet in sent { came += receive([octet]) }
        } else {
            came = receive(sent)
        }
        #expect(
            String(decoding: came, as: UTF8.self) == String(decoding: expected, as: UTF8.self),
            sourceLocation: sourceLocation)
        sent = []
        expected = []
    }
    for line in script.split(separator: "\n") {
        let text = unescape(line.dropFirst(3))
        if line.hasPrefix("S: ") {
            expected += text + [0x0D, 0x0A]
            continue
        }
        if !expected.isEmpty { settle() }
        sent += text + (line.hasPrefix("C! ") ? [] : [0x0D, 0x0A])
    }
    settle()
}

private func unescape(_ text: Substring) -> [UInt8] {
    var octets: [UInt8] = []
    var isEscaped = false
    for octet in text.utf8 {
        if isEscaped {
            octets.append(octet == 0x72 ? 13 : octet == 0x6E ? 10 : octet == 0x30 ? 0 : octet)
            isEscaped = false
        } else if octet == 0x5C {
            isEscaped = true
        } else {
            octets.append(octet)
        }
    }
    return octets
}

extension SMTPServerSession {
    /// Takes octets, keeps deliveries, and returns what is sent.
    mutating func answer(_ octets: [UInt8], deliveries: inout [Delivery], closed: inout Bool) -> [UInt8] {
        var effects: [Effect] = []
        receive(octets.span.bytes, into: &effects)
        var sent: [UInt8] = []
        for effect in effects {
            switch effect {
            case .send(let octets): sent += octets
            case .deliver(let delivery): deliveries.append(delivery)
            case .close: closed = true
            }
        }
        return sent
    }
}

/// Plays a script against a fresh SMTP session, whole and dripped octet by octet.
///
/// - Returns: what was delivered, and whether the session wants to close.
@discardableResult
func playSMTP(
    _ script: String, _ configure: (inout ServerConfiguration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
) -> (deliveries: [Delivery], closed: Bool) {
    var configuration = ServerConfiguration()
    configuration.hostName = "mx.test"
    configure(&configuration)
    var result: (deliveries: [Delivery], closed: Bool) = ([], false)
    for drip in [false, true] {
        var session = SMTPServerSession(configuration: configuration, stamp: "<1.2@mx.test>", identifier: "Q")
        var deliveries: [Delivery] = []
        var closed = false
        play(script, drip: drip, sourceLocation: sourceLocation) {
            session.answer($0, deliveries: &deliveries, closed: &closed)
        }
        if drip {
            #expect(deliveries == result.deliveries, sourceLocation: sourceLocation)
            #expect(closed == result.closed, sourceLocation: sourceLocation)
        }
        result = (deliveries, closed)
    }
    return result
}

/// Plays a script against a fresh POP3 session that serves these messages, whole and dripped octet by octet.
///
/// - Returns: the ids removed, nil where no UPDATE came; and whether the session wants to close.
@discardableResult
func playPOP3(
    _ script: String, messages: [String]? = [], _ configure: (inout ServerConfiguration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
) -> (removed: Set<UInt64>?, closed: Bool) {
    var configuration = ServerConfiguration()
    configuration.hostName = "mx.test"
    configuration.accounts = ["alice": "se cret"]
    configure(&configuration)
    let stored = messages?.enumerated().map {
        StoredMessage(id: UInt64($0) + 1, from: "", to: [], content: [UInt8]($1.utf8))
    }
    var result: (removed: Set<UInt64>?, closed: Bool) = (nil, false)
    for drip in [false, true] {
        var session = POP3ServerSession(configuration: configuration, stamp: "<1896.697170952@dbc.mtview.ca.us>")
        result = (nil, false)
        play(script, drip: drip, sourceLocation: sourceLocation) { octets in
            var effects: [POP3ServerSession.Effect] = []
            session.receive(octets.span.bytes, open: { stored }, into: &effects)
            var sent: [UInt8] = []
            for effect in effects {
                switch effect {
                case .send(let octets): sent += octets
                case .remove(let ids): result.removed = ids
                case .close: result.closed = true
                }
            }
            return sent
        }
    }
    return result
}
