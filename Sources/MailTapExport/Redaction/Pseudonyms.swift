import MailTapCore

/// What stands in for what, the same throughout one export.
///
/// A pseudonym has the length of the word it replaces and, place by place, its classes: letters for letters of the same
/// case, digits for digits, characters beyond ASCII for such of as many octets. Different words get different
/// pseudonyms, as far as there are enough of them.
struct Pseudonyms {
    /// Words that are remembered; behind that a pseudonym is worked out anew, and may be shared by several words.
    private static let wordLimit = 2_000_000
    private static let attempts: UInt8 = 32

    private let source: PseudonymSource
    private var words: [[UInt8]: [UInt8]] = [:]
    private var taken: Set<[UInt8]> = []
    private var addresses: [IPAddress: IPAddress] = [:]
    private var takenAddresses: Set<IPAddress> = []
    /// Words of the input that no pseudonym should look like, in lower case.
    private var avoided: Set<[UInt8]> = []
    /// Words that name somebody or something, in lower case: they are replaced even where they look like plain words.
    private(set) var names: Set<[UInt8]> = []
    /// What was replaced, for the person who made the export.
    var log = RedactionLog()

    init(key: [UInt8]) { source = PseudonymSource(key: key) }

    /// Words of the input: no pseudonym will be one of them.
    mutating func avoid(_ octets: [UInt8]) {
        for word in octets.split(whereSeparator: { !WordClass.isWord($0) }) where (2...8).contains(word.count) {
            guard avoided.count < Self.wordLimit else { return }
            avoided.insert(word.map(WordClass.lowercased))
        }
    }

    /// Remembers the words of a name.
    mutating func learn(_ octets: some Collection<UInt8>) {
        for word in octets.split(whereSeparator: { !WordClass.isWord($0) }) {
            let word = word.map(WordClass.lowercased)
            if !Vocabulary.hostLabels.contains(word) { names.insert(word) }
        }
    }

    /// The pseudonym of one word: a run of letters, digits and octets beyond ASCII.
    mutating func word(_ octets: some Collection<UInt8>) -> [UInt8] {
        let plain = octets.map(WordClass.lowercased)
        let found = words[plain] ?? makeWord(plain)
        return zip(octets, found).map { original, new in
            original >= 65 && original <= 90 && new >= 97 && new <= 122 ? new & 0xDF : new
        }
    }

    private mutating func makeWord(_ plain: [UInt8]) -> [UInt8] {
        let isText = plain.allSatisfy { $0 < 128 } || String(validating: plain, as: UTF8.self) != nil
        var candidate: [UInt8] = []
        for attempt in 0..<Self.attempts {
            let random = source.octets(.word, for: plain, attempt: attempt, count: plain.count * 2 + 1)
            candidate = WordClass.imitate(plain, isText: isText, random)
            if candidate == plain || taken.contains(candidate) { continue }
            // Too few short words are there to be choosy.
            if plain.count < 3 || !avoided.contains(candidate) { break }
        }
        if words.count < Self.wordLimit {
            words[plain] = candidate
            taken.insert(candidate)
        }
        return candidate
    }

    /// As many octets that say nothing, the same for the same `octets`.
    func octets(for octets: some Collection<UInt8>) -> [UInt8] {
        Array(source.octets(.octets, for: octets, count: octets.count).prefix(octets.count))
    }

    /// The pseudonym of an address; its text has the same length.
    ///
    /// Loopback stays loopback where there is more than one such address; an unspecified address stays.
    mutating func address(_ address: IPAddress) -> IPAddress {
        if let known = addresses[address] { return known }
        guard address.high != 0 || address.low != 0 else { return address }
        let text = Array(address.description.utf8)
        var found = address
        for attempt in 0..<Self.attempts {
            let random = source.octets(.address, for: text, attempt: attempt, count: 64)
            found = AddressForm.imitate(address, random)
            if found != address, !takenAddresses.contains(found) { break }
        }
        addresses[address] = found
        takenAddresses.insert(found)
        log.note(.address, text, Array(found.description.utf8))
        return found
    }
}
