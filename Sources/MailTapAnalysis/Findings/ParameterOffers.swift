import MailTapCore

/// What a parameter asks for, against what the server said that it takes.
enum ParameterOffers {
    /// What is wrong with a parameter that is in form, in words.
    static func problem(_ parameter: SMTPParameter, _ place: DialoguePlace) -> String? {
        let value = parameter.value ?? ""
        switch parameter.key {
        case "BY":
            // RFC 2852 section 3: the least time that a client may ask for.
            let fields = value.split(separator: ";")
            guard let least = offer("DELIVERBY", 0, place).flatMap(Int.init), fields.count == 2,
                fields[1].uppercased().hasPrefix("R"), let seconds = Int(fields[0]), seconds > 0, seconds < least
            else { return nil }
            return "\(seconds) seconds, and the server's DELIVERBY takes no less than \(least) (RFC 2852 section 3)"
        case "HOLDFOR":
            guard let most = offer("FUTURERELEASE", 0, place).flatMap(Int.init), let seconds = Int(value),
                seconds > most
            else { return nil }
            return "\(seconds) seconds, and the server's FUTURERELEASE holds for \(most) at most (RFC 4865 section 3)"
        case "HOLDUNTIL":
            // Both in UTC and to the second: the order of their letters is that of the times.
            guard let last = offer("FUTURERELEASE", 1, place), last.utf8.count == 20, value.utf8.count == 20,
                last.uppercased().hasSuffix("Z"), value.uppercased().hasSuffix("Z"),
                value.uppercased() > last.uppercased()
            else { return nil }
            return "later than \(ShownText.of(last)), which the server's FUTURERELEASE tells (RFC 4865 section 3)"
        case "REQUIRETLS":
            return place.facts.isEncrypted ? nil : "the session itself has no TLS (RFC 8689 section 4.2.1)"
        default: return nil
        }
    }

    private static func offer(_ keyword: String, _ argument: Int, _ place: DialoguePlace) -> String? {
        let arguments = place.state.offers?.capability(keyword)?.arguments ?? []
        return arguments.indices.contains(argument) ? arguments[argument] : nil
    }
}
