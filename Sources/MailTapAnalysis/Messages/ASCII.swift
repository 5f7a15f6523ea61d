import MailTapCore

/// Letters of US-ASCII.
enum ASCII {
    /// The octet in lower case.
    static func lowercase(_ octet: UInt8) -> UInt8 { octet &- 65 < 26 ? octet | 0x20 : octet }

    /// Text in lower case.
    static func lowercased(_ text: String) -> String {
        text.utf8.contains { $0 &- 65 < 26 || $0 >= 0x80 } ? text.lowercased() : text
    }

    /// Octets as text in lower case.
    static func lowercased(_ octets: ArraySlice<UInt8>) -> String {
        octets.withUnsafeBufferPointer { octets in
            guard octets.allSatisfy({ $0 < 0x80 }) else { return SMTPGrammar.text(octets).lowercased() }
            return String(unsafeUninitializedCapacity: octets.count) { room in
                for (index, octet) in octets.enumerated() { room[index] = lowercase(octet) }
                return octets.count
            }
        }
    }
}
