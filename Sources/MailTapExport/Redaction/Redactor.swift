public import MailTapCore

/// Makes sessions safe to share: who spoke, with whom and about what is replaced, how they spoke stays.
///
/// Names, addresses, host names, IP addresses, header text and content get pseudonyms of the same length, the same ones
/// in all sessions of one redactor; credentials are masked. Verbs, statuses, capabilities, sizes, line structure, MIME
/// structure, transfer encodings, dates and moments stay, so that the decoder's answers and a replay do.
public struct Redactor {
    private var pseudonyms: Pseudonyms

    /// A redactor.
    ///
    /// - Parameter key: 16 octets or more that nobody can guess; who has them can try out which name got which
    ///   pseudonym. Forget them.
    public init(key: [UInt8]) { pseudonyms = Pseudonyms(key: key) }

    /// What was replaced so far.
    public var log: RedactionLog { pseudonyms.log }

    /// The session with pseudonyms.
    public mutating func redact(_ trace: Trace) -> Trace {
        let masked = TraceMasking.masked(trace)
        let octets = StreamOctets(masked)
        // The work takes the only copy: two would be torn apart, word by word.
        var names = Pseudonyms(key: [])
        swap(&names, &pseudonyms)
        for side in Side.allCases { names.avoid(octets.all(side)) }
        var work = SessionRedaction(octets, consume names)
        var dialogue = Dialogue(masked.info)
        for (time, entry) in masked.entries {
            switch entry {
            case .chunk(let side, let chunk): dialogue.receive(chunk.span.bytes, from: side, at: time, &work)
            case .mark(let mark): dialogue.mark(mark, at: time, &work)
            }
        }
        dialogue.end(at: masked.ended, &work)
        work.finish()
        var result = work.octets.filled(masked)
        pseudonyms = work.takePseudonyms()
        result.info.source = "redacted"
        result.info.route = nil
        result.info.client = endpoint(masked.info.client)
        result.info.server = endpoint(masked.info.server)
        for index in result.entries.indices {
            guard case .mark(let mark) = result.entries[index].entry else { continue }
            result.entries[index].entry = .mark(self.mark(mark, octets, work.octets))
        }
        return result
    }

    private mutating func endpoint(_ end: Endpoint) -> Endpoint {
        Endpoint(
            address: end.address.map { pseudonyms.address($0) }, port: end.port,
            name: end.name.map { host($0) })
    }

    private mutating func host(_ name: String) -> String {
        String(decoding: pseudonyms.name(Array(name.utf8), .host), as: UTF8.self)
    }

    private mutating func prose(_ text: String) -> String {
        String(decoding: pseudonyms.prose(Array(text.utf8)), as: UTF8.self)
    }

    private mutating func mark(_ mark: Mark, _ old: StreamOctets, _ new: StreamOctets) -> Mark {
        switch mark {
        case .forwarded(let range, let octets):
            return .forwarded(range, forwarded(octets, Array(old[range]), Array(new[range]), range.side))
        case .tls(var tls):
            tls.client = leg(tls.client)
            tls.upstream = tls.upstream.map { leg($0) }
            return .tls(tls)
        case .trouble(let trouble): return .trouble(Trouble(code: trouble.code, text: prose(trouble.text)))
        case .pattern(let range, let pattern):
            // A regular expression may name somebody.
            if case .regex = pattern.kind { return .pattern(range, .any) }
            return mark
        case .eof, .reset, .gap, .conflict, .masked, .injected, .ended: return mark
        }
    }

    private mutating func leg(_ leg: TLSMark.Leg) -> TLSMark.Leg {
        var leg = leg
        leg.sni = leg.sni.map { host($0) }
        leg.problem = leg.problem.map { prose($0) }
        // It names the issuer, which tells who it is.
        leg.reason = leg.reason.map { _ in "redacted" }
        leg.certificateNames = leg.certificateNames.map { host($0) }
        for index in leg.chain.indices {
            leg.chain[index].names = leg.chain[index].names.map { host($0) }
            // Who signed for whom tells who it is, and a fingerprint is looked up easily.
            leg.chain[index].subject = "redacted"
            leg.chain[index].issuer = "redacted"
            leg.chain[index].sha256 = "redacted"
        }
        return leg
    }

    /// What went on in place of a range: lines that it has in common with the range get the same pseudonyms.
    private mutating func forwarded(_ octets: [UInt8], _ old: [UInt8], _ new: [UInt8], _ side: Side) -> [UInt8] {
        let oldLines = old.splitKeeping { $0 == 10 }
        let newLines = new.splitKeeping { $0 == 10 }
        return octets.splitKeeping { $0 == 10 }.flatMap { line -> [UInt8] in
            // A separator may have changed: the last line of a reply is another one.
            let place = oldLines.firstIndex { old in
                old == line
                    || line.count > 4 && old.count == line.count && old.prefix(3) == line.prefix(3)
                        && old.dropFirst(4) == line.dropFirst(4)
            }
            if let place, newLines.indices.contains(place) {
                return Array(line.prefix(4)) + newLines[place].dropFirst(4)
            }
            return side == .server ? pseudonyms.prose(line) : pseudonyms.words(line)
        }
    }
}
