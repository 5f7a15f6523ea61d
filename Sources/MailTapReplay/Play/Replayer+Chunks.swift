import MailTapCore

extension Replayer {
    /// Says DATA in place of chunks that the server does not take; false where they are to be sent as they are.
    mutating func sendAsData(_ index: Int, _ effects: inout [Effect]) -> Bool {
        guard options.fallsBackToData, !offers.contains("CHUNKING"), plan.proto == .smtp else { return false }
        var content: [UInt8] = []
        for step in index..<plan.steps.count {
            guard case .chunk(let line, let octets) = plan.steps[step].action else { return false }
            content += octets
            guard line.split(separator: 0x20).count > 2 else { continue }
            let why = "CHUNKING is not offered: the mail is sent with DATA"
            for earlier in index..<step { note(.leftOut, earlier, why) }
            note(.inserted, step, why)
            say([UInt8]("DATA\r\n".utf8), &effects)
            awaited.append(.dataForChunks(step, content))
            // The caller counts this step itself.
            next = step
            return true
        }
        return false
    }

    mutating func takeData(_ reply: LiveReply, _ step: Int, _ content: [UInt8], _ effects: inout [Effect]) {
        guard reply.status.isIntermediate else {
            note(.leftOut, step, "DATA was refused")
            omission = .toNextMail("DATA was refused", needsReset: transactionIsOpen)
            return
        }
        say(WireContent.stuffed(content), &effects)
        awaited.append(.content(step, repliesLeft: isLMTP ? max(1, acceptedRecipients) : 1))
    }
}
