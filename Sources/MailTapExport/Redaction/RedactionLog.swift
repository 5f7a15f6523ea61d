/// What an export replaced by what; for the person who made it, never for the file.
public struct RedactionLog: Sendable {
    /// What a replaced text was.
    public enum Kind: String, Sendable, CaseIterable {
        /// An address of a mailbox.
        case mailbox = "mailbox"
        /// A host name.
        case host = "host name"
        /// An IP address.
        case address = "IP address"
        /// The name of a user who logged in.
        case user = "user name"
        /// A Message-ID, a queue or unique id.
        case identifier = "identifier"
        /// A file's name.
        case file = "file name"
        /// A field of a message's header section.
        case field = "header field"
    }

    /// One text and its pseudonym, as octets.
    public struct Entry: Sendable {
        /// What it was.
        public var kind: Kind
        /// What stood there.
        public var original: [UInt8]
        /// What stands there now.
        public var pseudonym: [UInt8]
    }

    /// Texts that are listed one by one, at most.
    private static let limit = 100_000

    /// Each text once, in the order in which they were met.
    public private(set) var entries: [Entry] = []
    /// Messages whose content was replaced.
    public var messages = 0
    /// Octets of opaque streams, ciphertext among them.
    public var opaqueOctets: UInt64 = 0
    private var known: Set<[UInt8]> = []

    mutating func note(_ kind: Kind, _ original: some Collection<UInt8>, _ pseudonym: some Collection<UInt8>) {
        guard !original.isEmpty, entries.count < Self.limit, !original.elementsEqual(pseudonym) else { return }
        let original = Array(original)
        guard known.insert(Array(kind.rawValue.utf8) + original.map(WordClass.lowercased)).inserted else { return }
        entries.append(Entry(kind: kind, original: original, pseudonym: Array(pseudonym)))
    }

    /// `2 mailboxes, 1 host name, the content of 1 message`.
    public var summary: String {
        var parts: [String] = []
        for kind in Kind.allCases {
            let count = entries.count { $0.kind == kind }
            guard count > 0 else { continue }
            let plural = kind == .mailbox || kind == .address ? "es" : "s"
            parts.append("\(count) \(kind.rawValue)\(count == 1 ? "" : plural)")
        }
        if messages > 0 { parts.append("the content of \(messages) message\(messages == 1 ? "" : "s")") }
        if opaqueOctets > 0 { parts.append("\(opaqueOctets) octets that were not decoded") }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }
}
