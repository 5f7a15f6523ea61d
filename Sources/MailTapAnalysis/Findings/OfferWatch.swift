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
        init?(of session: Session) {
            guard let address = session.info.server.address else { return nil }
            let exchanges = session.exchanges
            let answer = exchanges.indices.first { index in
                exchanges[index].command?.verb == "EHLO" && exchanges[index].reply?.status.isPositive == true
                    && exchanges[index].reply?.isComplete == true && !exchanges[index].isEncrypted
            }
            guard let answer, let lines = exchanges[answer].reply?.lines else { return nil }
            server = Server(address: address, port: session.info.server.port)
            exchange = answer
            hasTLS = lines.dropFirst().contains { OfferWatch.offersTLS($0.octets) }
            isWhole = session.serverMissing == 0 && lines.count > 1
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

    fileprivate static func offersTLS(_ line: [UInt8]) -> Bool {
        (line.first ?? 0) & 0xDF == UInt8(ascii: "S")
            && SMTPGrammar.equalsIgnoringCase(line.prefix { !SMTPBlank.contains($0) }, "STARTTLS")
    }
}
