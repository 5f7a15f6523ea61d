/// Which hosts take a domain's mail, from the answer about its MX records (RFC 5321 section 5.1).
enum MailHosts: Sendable, Equatable {
    /// These, in the order in which they are to be tried.
    case exchanges([MailExchange])
    /// The domain itself, which has addresses perhaps: it has no MX record.
    case domainItself
    /// None, and so the domain says (RFC 7505).
    case none
    /// The answer is an error, in words.
    case failed(String)

    /// Preferences count up; among equals the order is random.
    init(_ answer: DNSAnswer, using generator: inout some RandomNumberGenerator) {
        switch answer.code {
        case 0: break
        case 3:
            self = .failed("there is no such domain")
            return
        default:
            self = .failed("the DNS server failed (code \(answer.code))")
            return
        }
        let named = answer.exchanges.filter { !$0.host.isEmpty }
        if named.isEmpty {
            self = answer.exchanges.isEmpty ? .domainItself : .none
            return
        }
        let shuffled = named.shuffled(using: &generator)
        // Sorting by preference and place keeps the random order among equals.
        let sorted = shuffled.enumerated().sorted {
            ($0.element.preference, $0.offset) < ($1.element.preference, $1.offset)
        }
        self = .exchanges(sorted.map(\.element))
    }
}
