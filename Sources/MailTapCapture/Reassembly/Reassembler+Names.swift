import MailTapCore

extension Reassembler {
    /// Learns host names from a DNS response.
    mutating func dnsResponse(_ payload: RawSpan, at time: Timestamp) {
    }
}
