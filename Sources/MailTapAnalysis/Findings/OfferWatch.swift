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
        let answers = session.exchanges.indices.filter { index in
            let exchange = session.exchanges[index]
            return exchange.command?.verb == "EHLO" && exchange.reply?.status.isPositive == true
                && exchange.reply?.isComplete == true && !exchange.isEncrypted
        }
        // Behind STARTTLS in what is not decrypted nothing is seen; the first answer in clear counts.
        guard let index = answers.first, let reply = session.exchanges[index].reply else { return }
        if reply.lines.dropFirst().contains(where: { $0.text().text.keyword == "STARTTLS" }) {
            if offered[server] == nil, offered.count < Self.limit { offered[server] = session.number }
        } else if let first = offered[server], session.serverMissing == 0, reply.lines.count > 1 {
            found.add(
                "smtp.starttls-vanished", exchange: index,
                "This server offered STARTTLS in session \(first), and here it does not")
        }
    }
}
