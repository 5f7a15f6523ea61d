import MailTapAnalysis
import MailTapCore

extension RecordedScript {
    /// What LIST or UIDL told of a message.
    func listed(_ verb: String, _ number: Int) -> String? {
        for exchange in exchanges where exchange.command?.verb == verb {
            let lines = (exchange.data ?? []) + (exchange.data == nil ? exchange.reply?.lines ?? [] : [])
            for line in lines {
                let words = line.text().text.split(separator: " ")
                if words.count >= 2, Int(words[0]) == number { return String(words[1]) }
            }
        }
        return verb == "LIST" ? messages[number].map { String($0.count) } : nil
    }

    /// What a listing tells of a message; made up where the recording never told, as a maildrop without an id for each
    /// message can't be listed.
    func value(_ verb: String, _ number: Int) -> String {
        listed(verb, number) ?? (verb == "UIDL" ? "recorded-\(number)" : "0")
    }

    /// The numbers of all messages that the recording tells of, in order.
    var numbers: [Int] {
        var numbers = Set(messages.keys)
        for exchange in exchanges where ["LIST", "UIDL"].contains(exchange.command?.verb) {
            for line in exchange.data ?? [] {
                if let number = line.text().text.split(separator: " ").first.flatMap({ Int($0) }) {
                    numbers.insert(number)
                }
            }
        }
        return numbers.sorted()
    }

    /// A listing of the maildrop that the recording has no answer for, with its end mark.
    ///
    /// - Parameter deleted: messages that are marked as deleted, and not listed (RFC 1939 section 5).
    func listing(_ verb: String, without deleted: Set<Int>) -> [UInt8] {
        var octets = [UInt8]("+OK\r\n".utf8)
        for number in numbers where !deleted.contains(number) {
            octets += "\(number) \(value(verb, number))\r\n".utf8
        }
        return octets + [0x2E, 0x0D, 0x0A]
    }

    /// How many messages there are, and how many octets, without those that are marked as deleted.
    func statistics(without deleted: Set<Int>) -> String {
        let sizes = numbers.filter { !deleted.contains($0) }.map { Int(value("LIST", $0)) ?? 0 }
        return "\(sizes.count) \(sizes.reduce(0) { $0 &+ max(0, $1) })"
    }

    /// Whether a listing names the message.
    func isListed(_ number: Int) -> Bool { listed("LIST", number) != nil || listed("UIDL", number) != nil }

    /// The messages that were marked as deleted in the recording before an exchange.
    func deleted(before index: Int) -> Set<Int> {
        var deleted: Set<Int> = []
        for exchange in exchanges[..<min(index, exchanges.count)] where exchange.reply?.status.isPositive == true {
            switch exchange.command?.verb {
            case "DELE":
                let words = exchange.command?.line.octets.split(separator: 0x20) ?? []
                if words.count > 1, let number = Int(String(decoding: words[1], as: UTF8.self)) {
                    deleted.insert(number)
                }
            case "RSET": deleted = []
            default: break
            }
        }
        return deleted
    }
}
