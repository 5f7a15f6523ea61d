/// Finds the names in a server's certificate (RFC 5280 section 4.1) without judging it.
enum CertificateNames {
    private static let most = 32

    /// The names of the first certificate in a Certificate message.
    ///
    /// - Parameter isTLS13: whether a request context stands before the list (RFC 8446 section 4.4.2).
    static func inMessage(_ body: [UInt8], isTLS13: Bool) -> [String] {
        var reader = WireReader(body)
        if isTLS13 { guard reader.vector(1) != nil else { return [] } }
        guard var list = reader.vector(3), let certificate = list.vector(3) else { return [] }
        return inCertificate(certificate.rest)
    }

    /// DNS names of subjectAltName; where there are none, the subject's last common name.
    static func inCertificate(_ der: [UInt8]) -> [String] {
        var outer = DERReader(der)
        guard var certificate = outer.enter(DERReader.sequence), var fields = certificate.enter(DERReader.sequence)
        else { return [] }
        var sequences = 0
        var commonName: String?
        while let (tag, value) = fields.next() {
            if tag == DERReader.sequence {
                sequences += 1
                // Signature algorithm, issuer, validity, subject.
                if sequences == 4 { commonName = self.commonName(value) }
            }
            if tag == 0xA3 {
                let names = alternativeNames(value)
                if !names.isEmpty { return names }
            }
        }
        return commonName.map { [$0] } ?? []
    }

    private static func commonName(_ subject: [UInt8]) -> String? {
        var reader = DERReader(subject)
        var found: String?
        while var set = reader.enter(0x31), var attribute = set.enter(DERReader.sequence) {
            guard let (_, type) = attribute.next(), let (_, value) = attribute.next() else { continue }
            if type == [0x55, 0x04, 0x03] { found = PeerText.of(value) }
        }
        return found
    }

    private static func alternativeNames(_ extensions: [UInt8]) -> [String] {
        var outer = DERReader(extensions)
        guard var list = outer.enter(DERReader.sequence) else { return [] }
        while var entry = list.enter(DERReader.sequence) {
            guard let (_, type) = entry.next(), type == [0x55, 0x1D, 0x11] else { continue }
            // A critical flag may stand between.
            while let (tag, value) = entry.next() {
                guard tag == 0x04 else { continue }
                var octets = DERReader(value)
                guard var names = octets.enter(DERReader.sequence) else { return [] }
                var found: [String] = []
                while found.count < most, let (kind, name) = names.next() {
                    if kind == 0x82, let text = PeerText.of(name) { found.append(text) }
                }
                return found
            }
        }
        return []
    }
}
