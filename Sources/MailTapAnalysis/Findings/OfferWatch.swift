import MailTapCore

/// Notices, across the sessions of an INPUT, that a server offered STARTTLS before and does not any more.
///
/// Remembers 10,000 servers at most.
struct OfferWatch {
    private struct Server: Hashable {
        var address: IPAddress
        var port: UInt16
    }

    private static let limit = 10_000

    /// The session in which each server offered STARTTLS first.
    private var offered: [Server: Int] = [:]

    mutating func apply(to session: Session, _ found: inout FindingList) {
        guard session.proto == .smtp, let address = session.info.server.address else { return }
        let server = Server(address: address, port: session.info.server.port)
        let exchanges = session.exchanges
        let answer = exchanges.indices.first { index in
            exchanges[index].command?.verb == "EHLO" && exchanges[index].reply?.status.isPositive == true
                && exchanges[index].reply?.isComplete == true && !exchanges[index].isEncrypted
        }
        // Behind STARTTLS in what is not decrypted nothing is seen; the first answer in clear counts.
        guard let index = answer, let reply = exchanges[index].reply else { return }
        if reply.lines.dropFirst().contains(where: { Self.offersTLS($0.octets) }) {
            if offered[server] == nil, offered.count < Self.limit { offered[server] = session.number }
        } else if let first = offered[server], session.serverMissing == 0, reply.lines.count > 1 {
            found.add(
                "smtp.starttls-vanished", exchange: index,
                "This server offered STARTTLS in session \(first), and here it does not")
        }
    }

    private static func offersTLS(_ line: [UInt8]) -> Bool {
        SMTPGrammar.equalsIgnoringCase(line.prefix { !SMTPBlank.contains($0) }, "STARTTLS")
    }
}
