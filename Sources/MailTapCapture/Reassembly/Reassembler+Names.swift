import MailTapCore

extension Reassembler {
    /// Learns host names from a DNS response (RFC 1035): each address is called what was asked for.
    ///
    /// The name asked for says more than the end of a chain of aliases, so it is the question's that counts.
    mutating func dnsResponse(_ payload: RawSpan, at time: Timestamp) {
        guard let response = DNSResponse(payload) else { return }
        for (name, address) in response.addresses { names.learn(name, of: address) }
    }
}
