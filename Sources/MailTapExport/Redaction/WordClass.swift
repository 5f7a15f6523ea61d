/// The classes of octets that pseudonyms keep.
enum WordClass {
    private static let consonants = Array("bcdfghjklmnpqrstvwxz".utf8)
    private static let vowels = Array("aeiou".utf8)

    /// Letters, digits and whatever is beyond ASCII; the rest is punctuation, which stays.
    static func isWord(_ octet: UInt8) -> Bool { isAlphanumeric(octet) || octet >= 128 }

    static func isAlphanumeric(_ octet: UInt8) -> Bool { isDigit(octet) || isLetter(octet) }

    static func isDigit(_ octet: UInt8) -> Bool { octet >= 48 && octet <= 57 }

    static func isLetter(_ octet: UInt8) -> Bool { octet | 32 >= 97 && octet | 32 <= 122 }

    static func lowercased(_ octet: UInt8) -> UInt8 { octet >= 65 && octet <= 90 ? octet | 32 : octet }

    /// Another word of the same classes; letters so that it can be pronounced.
    ///
    /// - Parameters:
    ///   - word: in lower case.
    ///   - isText: whether what is beyond ASCII is UTF-8, and is to stay so.
    ///   - random: at least twice as many octets and one.
    static func imitate(_ word: [UInt8], isText: Bool, _ random: [UInt8]) -> [UInt8] {
        var random = random.makeIterator()
        func next() -> Int { Int(random.next() ?? 0) }
        var isVowel = next() & 1 == 1
        var out: [UInt8] = []
        var index = 0
        while index < word.count {
            let octet = word[index]
            if isLetter(octet) {
                out.append(isVowel ? vowels[next() % vowels.count] : consonants[next() % consonants.count])
                isVowel.toggle()
            } else if isDigit(octet) {
                // A number stays as long as it is: no zero in front.
                let isFirst = index == 0 && octet != 48
                out.append(UInt8(isFirst ? 49 + next() % 9 : 48 + next() % 10))
            } else if isText, octet >= 0xC0 {
                let character = character(width: octet >= 0xF0 ? 4 : octet >= 0xE0 ? 3 : 2, next() << 8 | next())
                out += character.prefix(word.count - index)
                index += character.count - 1
            } else {
                // No continuation of UTF-8, so that what was none stays none.
                out.append(UInt8(0xE0 + next() % 32))
            }
            index += 1
        }
        return out
    }

    /// A letter of so many octets in UTF-8.
    private static func character(width: Int, _ random: Int) -> [UInt8] {
        let value: Int =
            switch width {
            case 2: 0xE0 + random % 23
            case 3: 0x4E00 + random % 0x5000
            default: 0x1F600 + random % 64
            }
        guard let scalar = Unicode.Scalar(UInt32(value)) else { return [UInt8](repeating: 0xE0, count: width) }
        return Array(String(Character(scalar)).utf8)
    }
}
