/// Finds the cipher suite in what a server says first in TLS (RFC 8446 section 4.1.3); the library does not tell it.
struct ServerHelloReader: Sendable {
    private var octets: [UInt8] = []
    /// Whether nothing more is to be learnt.
    private(set) var isDone = false
    /// The IANA name of the suite, once it was seen.
    private(set) var cipher: String?

    /// Takes the server's octets in order, beginning with its first.
    mutating func receive(_ more: some Sequence<UInt8>) {
        guard !isDone else { return }
        // A record header, the message's head, version, random, the longest session and the suite.
        octets += more.prefix(5 + 4 + 2 + 32 + 33 + 2)
        var reader = OctetReader(octets[...])
        guard let kind = reader.number(1), reader.take(4) != nil, let message = reader.number(1) else { return }
        guard kind == 22, message == 2 else {
            isDone = true
            return
        }
        guard reader.take(3) != nil, reader.take(34) != nil, reader.vector(1) != nil, let suite = reader.number(2)
        else { return }
        cipher = CipherSuite.name(suite)
        isDone = true
        octets = []
    }
}
