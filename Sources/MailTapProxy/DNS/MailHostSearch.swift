import MailTapCore
import NIOCore

/// Finds a domain's mail host and connects to it (RFC 5321 section 5): MX records, addresses, one host after another.
///
/// Lives on one event loop; calls back on it, once. Every step is noted for the record.
final class MailHostSearch {
    /// The host that took the connection, and where it is found.
    struct Found {
        var channel: any Channel
        var host: String
        /// The record that gave the address that answered; nil where the exchange was an address itself.
        var type: String?
        /// The preference of the MX that named the host; nil where the domain has none and stands for itself.
        var preference: UInt16?
    }

    /// What is needed of the loop: its DNS servers and a way to connect.
    struct Means {
        var servers: [SocketAddress]
        var eventLoop: any EventLoop
        var connect: (SocketAddress) -> EventLoopFuture<any Channel>
    }

    /// No more addresses than this are tried, whatever the DNS says.
    private static let mostAttempts = 20

    private let domain: String
    private let port: UInt16
    private let means: Means
    private let done: (MailHostSearch, Result<Found, DNSLookup.Failure>) -> Void
    private var hosts: ArraySlice<MailExchange> = []
    private var addresses: ArraySlice<IPAddress> = []
    private var hasExchanges = false
    private var tried: MailExchange?
    private var isLiteral = false
    private var attempts = 0
    private var last = "no mail host has an address"
    /// What was asked and answered, in words, in order.
    private(set) var steps: [String] = []

    init(
        _ domain: String, port: UInt16, _ means: Means,
        done: @escaping (MailHostSearch, Result<Found, DNSLookup.Failure>) -> Void
    ) {
        self.domain = domain
        self.port = port
        self.means = means
        self.done = done
    }

    func start() {
        ask(domain, .mx) { [self] result in
            var generator = SystemRandomNumberGenerator()
            switch result.map({ MailHosts($0, using: &generator) }) {
            case .failure(let failure): fail("MX of \(domain): \(failure.reason)")
            case .success(.failed(let reason)): fail("MX of \(domain): \(reason)")
            case .success(.none): fail("\(domain) takes no mail: it says so by a null MX (RFC 7505)")
            case .success(.domainItself):
                steps.append("\(domain) has no MX: the domain itself is tried")
                hosts = [MailExchange(preference: 0, host: domain)]
                nextHost()
            case .success(.exchanges(let exchanges)):
                let list = exchanges.map { "\($0.preference) \($0.host)" }.joined(separator: ", ")
                steps.append("MX of \(domain): \(list)")
                hosts = exchanges[...]
                hasExchanges = true
                nextHost()
            }
        }
    }

    private func nextHost() {
        tried = hosts.popFirst()
        guard let host = tried?.host else { return fail(last) }
        isLiteral = false
        if let literal = IPAddress(host) {
            isLiteral = true
            addresses = [literal]
            return nextAddress(of: host)
        }
        ask(host, .a) { [self] v4 in
            ask(host, .aaaa) { [self] v6 in
                let found = [v4, v6].flatMap { (try? $0.get())?.addresses ?? [] }
                let list = found.map(\.description).joined(separator: ", ")
                steps.append("\(host): \(found.isEmpty ? "no address" : list)")
                addresses = found[...]
                nextAddress(of: host)
            }
        }
    }

    private func nextAddress(of host: String) {
        guard let address = addresses.popFirst() else { return nextHost() }
        attempts += 1
        guard attempts <= Self.mostAttempts,
            let place = try? SocketAddress(ipAddress: address.description, port: Int(port))
        else { return fail(last) }
        means.connect(place).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let channel):
                let type = isLiteral ? nil : address.isIPv4 ? "A" : "AAAA"
                let preference = hasExchanges ? tried?.preference : nil
                done(self, .success(Found(channel: channel, host: host, type: type, preference: preference)))
            case .failure(let error):
                last = "\(host) (\(address)): \(FailureReason.words(error))"
                steps.append("can't connect to \(last)")
                nextAddress(of: host)
            }
        }
    }

    private func fail(_ reason: String) { done(self, .failure(DNSLookup.Failure(reason: reason))) }

    private func ask(_ name: String, _ type: DNSType, then: @escaping (Result<DNSAnswer, DNSLookup.Failure>) -> Void) {
        let query = DNSQuery(id: UInt16.random(in: 0...UInt16.max), name: name, type: type)
        DNSLookup(query, servers: means.servers, on: means.eventLoop, done: then).start()
    }
}

@available(*, unavailable)
extension MailHostSearch: Sendable {}
