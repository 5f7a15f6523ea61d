import MailTapCore

extension Replayer {
    /// Says MAIL or RCPT as far as the server offers what it asks for.
    mutating func sendEnvelope(_ line: [UInt8], _ index: Int, _ effects: inout [Effect]) {
        let step = plan.steps[index]
        // What the recorded server refused is said as it was: that is what is tested.
        guard step.expected?.isPositive ?? true else { return sendLine(line, index, &effects) }
        let (said, missing) = offers.saying(line)
        if step.verb == "MAIL", let why = reasonNotToMail(missing, index) {
            note(.notPlayed, index, why)
            omission = .toNextMail(why, needsReset: false)
            return
        }
        if !missing.isEmpty {
            note(
                .altered, index,
                "\(step.verb) without what \(missing.joined(separator: " and ")) would allow: not offered")
        }
        sendLine(said, index, &effects)
    }

    private mutating func sendLine(_ line: [UInt8], _ index: Int, _ effects: inout [Effect]) {
        say(line + [0x0D, 0x0A], &effects)
        awaited.append(.step(index))
    }

    /// Why a mail can't be sent to a server that does not offer these; nil where it can.
    private func reasonNotToMail(_ missing: [String], _ index: Int) -> String? {
        if missing.contains("BINARYMIME") { return "BINARYMIME is not offered (RFC 3030 section 3)" }
        if missing.contains("REQUIRETLS") { return "REQUIRETLS is not offered (RFC 8689 section 4.2.1)" }
        if missing.contains("SMTPUTF8") { return "SMTPUTF8 is not offered (RFC 6531 section 3.2)" }
        guard missing.contains("8BITMIME") else { return nil }
        let mail = plan.steps[(index + 1)...].prefix { $0.verb != "MAIL" }
        let is8Bit = mail.contains { step in
            switch step.action {
            case .content(let octets), .chunk(_, let octets): octets.contains { $0 > 0x7F }
            default: false
            }
        }
        return is8Bit ? "8BITMIME is not offered, and the mail has octets above 127 (RFC 6152 section 3)" : nil
    }

    /// Whether a mail has nobody to go to now, though it had in the recording: DATA would only be refused
    /// (RFC 5321 section 3.3).
    func lacksRecipients(_ step: ReplayStep) -> Bool {
        ["DATA", "BDAT"].contains(step.verb) && plan.proto == .smtp && !step.hadNoRecipient && transactionIsOpen
            && triedRecipients > 0 && acceptedRecipients == 0
    }
}
