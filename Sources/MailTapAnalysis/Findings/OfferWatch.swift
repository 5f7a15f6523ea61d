import MailTapCore

/// Notices, across the sessions of an INPUT, that a server offered STARTTLS before and does not any more.
///
/// Remembers 10,000 servers at most.
struct OfferWatch {
    struct Server: Hashable, Sendable {
        var address: IPAddress
        var port: UInt16
    }

    /// What a server offered in clear.
    struct Offer: Sendable {
        var server: Server
        /// Index of the exchange in which it said so.
        var exchange: Int
        var hasTLS: Bool
        /// Whether the answer proves that what is not in it was not offered.
        var isWhole: Bool

        /// The first answer to EHLO in clear; behind STARTTLS in what is not decrypted nothing is seen.
        init?(of session: borrowing Session) {
            guard let address = session.info.server.address else { return nil }
            guard let answer = Self.answer(session.exchanges), let lines = session.exchanges[answer].reply?.lines.array
            else { return nil }
            server = Server(address: address, port: session.info.server.port)
            exchange = answer
            hasTLS = lines.indices.dropFirst().contains { lines[$0].withBytes(OfferWatch.offersTLS) }
            isWhole = session.serverMissing == 0 && lines.count > 1
        }

        private static func answer(_ exchanges: [Exchange]) -> Int? {
            for index in exchanges.indices where exchanges[index].command?.keyword == .ehlo {
                guard !exchanges[index].isEncrypted, exchanges[index].reply?.isComplete == true,
                    exchanges[index].reply?.status.isPositive == true
                else { continue }
                return index
            }
            return nil
        }
    }

    private static let limit = 10_000

    /// The session in which each server offered STARTTLS first.
    private var offered: [Server: Int] = [:]

    mutating func apply(to offer: Offer, in session: Int, _ found: inout FindingList) {
        if offer.hasTLS {
            if offered[offer.server] == nil, offered.count < Self.limit { offered[offer.server] = session }
        } else if let first = offered[offer.server], offer.isWhole {
            found.add(
                "smtp.starttls-vanished", exchange: offer.exchange,
                "This server offered STARTTLS in session \(first), and here it does not")
        }
    }

    fileprivate static func offersTLS(_ line: RawSpan) -> Bool {
        // Few lines that offer something else get further than this.
        guard line.byteCount >= 8, line[octet: 0] & 0xDF == UInt8(ascii: "S"),
            line[octet: 1] & 0xDF == UInt8(ascii: "T")
        else { return false }
        let octets = [UInt8](copying: line)
        return SMTPGrammar.equalsIgnoringCase(octets.prefix { !SMTPBlank.contains($0) }, "STARTTLS")
    }
}
