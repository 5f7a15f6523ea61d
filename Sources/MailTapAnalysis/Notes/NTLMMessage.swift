import MailTapCore

/// A message of NTLM (MS-NLMP section 2.2.1), the names in it; the proofs are left alone.
struct NTLMMessage: Equatable {
    /// Which of the three messages it is.
    enum Kind: UInt8 { case negotiate = 1, challenge = 2, authenticate = 3 }

    let kind: Kind
    /// The domain that the client names, or the server's target name; nil where there is none.
    private(set) var domain: String?
    /// The user; nil where there is none, as in an anonymous login.
    private(set) var user: String?
    /// The client's host.
    private(set) var workstation: String?

    /// Where fields stand: a length in two octets, two more, the place of the text in four.
    private enum Offset {
        static let negotiatedDomain = 16, negotiatedWorkstation = 24, target = 12
        static let lmProof = 12, ntProof = 20, domain = 28, user = 36, workstation = 44, key = 52
    }

    /// Nil for what is no such message: another signature, too short, or fields that lie outside of it.
    init?(_ octets: [UInt8]) {
        guard octets.count <= 65_536, octets.starts(with: "NTLMSSP\0".utf8), octets.count >= 12,
            octets[9...11].allSatisfy({ $0 == 0 }), let kind = Kind(rawValue: octets[8])
        else { return nil }
        self.kind = kind
        switch kind {
        case .negotiate:
            guard octets.count >= 16 else { return nil }
            // Flags say whether the names are there, in the client's code page (MS-NLMP section 2.2.2.5).
            if octets[13] & 0x10 != 0 { domain = Self.name(Offset.negotiatedDomain, octets) }
            if octets[13] & 0x20 != 0 { workstation = Self.name(Offset.negotiatedWorkstation, octets) }
        case .challenge:
            guard octets.count >= 32, let target = Self.range(Offset.target, octets) else { return nil }
            domain = Self.text(octets[target], isUnicode: octets[20] & 1 != 0)
        case .authenticate:
            guard octets.count >= 52, let lmProof = Self.range(Offset.lmProof, octets),
                let ntProof = Self.range(Offset.ntProof, octets), let domain = Self.range(Offset.domain, octets),
                let user = Self.range(Offset.user, octets), let workstation = Self.range(Offset.workstation, octets)
            else { return nil }
            let fields = [lmProof, ntProof, domain, user, workstation]
            // Old clients end the fixed part in front of the session key and the flags.
            let hasFlags = octets.count >= 64 && fields.allSatisfy { $0.isEmpty || $0.lowerBound >= 64 }
            let key = hasFlags ? Self.range(Offset.key, octets) ?? 0..<0 : 0..<0
            let isUnicode = hasFlags ? octets[60] & 1 != 0 : true
            // A name that shares octets with a proof would show it.
            for name in [domain, user, workstation]
            where [lmProof, ntProof, key].contains(where: { $0.overlaps(name) }) {
                return nil
            }
            self.domain = Self.text(octets[domain], isUnicode: isUnicode)
            self.user = Self.text(octets[user], isUnicode: isUnicode)
            self.workstation = Self.text(octets[workstation], isUnicode: isUnicode)
        }
    }

    /// Where the field stands whose place is told at `offset`; nil where that is outside of the message.
    private static func range(_ offset: Int, _ octets: [UInt8]) -> Range<Int>? {
        guard offset + 8 <= octets.count else { return nil }
        let length = Int(octets[offset]) | Int(octets[offset + 1]) << 8
        guard length > 0 else { return 0..<0 }
        let place = (4..<8).reduce(0) { $0 | Int(octets[offset + $1]) << (($1 - 4) * 8) }
        // The fixed part in front holds no names.
        guard place >= 12, place <= octets.count, length <= octets.count - place else { return nil }
        return place..<(place + length)
    }

    /// The name whose place is told at `offset`.
    private static func name(_ offset: Int, _ octets: [UInt8]) -> String? {
        range(offset, octets).flatMap { text(octets[$0], isUnicode: false) }
    }

    /// UTF-16, or octets of a code page that the message does not name; nil for nothing.
    private static func text(_ octets: ArraySlice<UInt8>, isUnicode: Bool) -> String? {
        guard !octets.isEmpty else { return nil }
        guard isUnicode else { return SMTPGrammar.text(octets) }
        let units = stride(from: octets.startIndex, to: octets.endIndex - 1, by: 2).map {
            UInt16(octets[$0]) | UInt16(octets[$0 + 1]) << 8
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// What a client's response is, for a sentence.
    static func response(_ octets: [UInt8], step: Int) -> String {
        guard let message = NTLMMessage(octets), message.kind != .challenge else {
            return step == 1 ? "which is no negotiate message of NTLM" : "which is no authenticate message of NTLM"
        }
        let place = message.workstation.map { " from \(ShownText.of($0))" } ?? ""
        guard message.kind == .authenticate else {
            return "the negotiate message" + (message.domain.map { " to domain \(ShownText.of($0))" } ?? "") + place
        }
        let domain = message.domain.map { " of domain \(ShownText.of($0))" } ?? ""
        let user = message.user.map { "user \(ShownText.of($0))" } ?? "nobody by name"
        return "the authenticate message of \(user)\(domain)\(place) with the proof"
    }

    /// What a server's challenge is, as a sentence.
    static func challenge(_ octets: [UInt8]) -> String {
        guard let message = NTLMMessage(octets), message.kind == .challenge else {
            return "The server sends no challenge message of NTLM"
        }
        return "The server sends its NTLM challenge message"
            + (message.domain.map { ", as \(ShownText.of($0))" } ?? "")
    }
}
