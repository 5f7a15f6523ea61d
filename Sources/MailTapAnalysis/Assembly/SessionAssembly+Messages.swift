import MailTapCore

extension SessionAssembly {
    // MARK: Messages

    mutating func beginContent(_ kind: ContentKind, _ event: Event) {
        let index = index(event.exchange, at: event.time)
        if kind == .data {
            session.exchanges[index].command = Command(.content, line: WireText())
            session.exchanges[index].turn = turns.turn(of: event.range)
            session.exchanges[index].isEncrypted = isEncrypted
            ending.command(isQuit: false)
            report(.command(index))
        }
        if let open = transfer, kind == .bdat || kind == .bdatLast {
            session.messages[open.index].exchange = index
            session.messages[open.index].kind = kind
        } else {
            if transfer != nil { endMessage(isComplete: false) }
            session.messages.append(Message(kind: kind))
            session.messages[session.messages.count - 1].exchange = index
            if options.keepsContent { contents.append([]) }
            carried.append(CarriedMessage(envelope: Envelope(from: index)))
            transfer = MessageTransfer(
                index: session.messages.count - 1, kind: kind, options: options, began: event.time)
            // A chunk may be lost before this one; or the first octets, with more than the line DATA.
            let isWhole = kind == .data && (loss?.end != event.range.start || loss?.length ?? 0 <= 6)
            if kind.isSubmitted, loss != nil, !isWhole { transfer?.isIntact = false }
        }
        session.exchanges[index].message = transfer?.index
    }

    mutating func endContent(isComplete: Bool, _ event: Event) {
        let index = index(event.exchange, at: event.time)
        session.exchanges[index].sent = event.time.since(started)
        contentHasEnded = isComplete
        guard let kind = transfer.map({ session.messages[$0.index].kind }) else { return }
        if let transfer {
            session.messages[transfer.index].transferTime = max(0, event.time.since(transfer.began))
        }
        if !isComplete { transfer?.isIntact = false }
        // More chunks may follow, even where some of this one was lost.
        if kind == .bdat { return }
        endMessage(isComplete: isComplete)
    }

    /// - Parameter next: the exchange with which the next envelope begins; nil for the one that comes next.
    mutating func endMessage(isComplete: Bool, before next: Int? = nil) {
        guard var ended = transfer.take() else { return }
        let index = ended.index
        let kind = session.messages[index].kind
        session.messages[index].complete = isComplete && ended.isIntact && kind != .top && kind != .bdat
        session.messages[index].bytes = ended.bytes
        if options.readsMessages {
            ended.intake.finish(options)
            if isWatched {
                // What the message says is wanted at its end.
                session.messages[index].take(ended.intake.reading.finish())
            } else {
                carried[index].reading = ended.intake.reading
            }
        }
        session.messages[index].longestPause = ended.longestPause
        if options.keepsContent { contents[index] = ended.content }
        if kind == .data || kind == .bdat || kind == .bdatLast {
            let next = next ?? session.exchanges.count
            carried[index].envelope = envelope.upTo(next)
            envelope = Envelope(from: next)
            loss = nil
        }
        guard isWatched else { return }
        resolve(index)
        annotate(upTo: noted)
        report(.message(index))
    }

    mutating func accept(_ message: Int, by exchange: Int) {
        guard message < session.messages.count, session.messages[message].exchange == exchange else {
            return
        }
        resolve(message)
    }

    mutating func resolveEnvelopes() {
        for index in session.messages.indices { resolve(index) }
    }

    /// Works out envelope and acceptance from the replies seen so far.
    private mutating func resolve(_ index: Int) {
        let content = session.messages[index].exchange
        guard session.messages[index].kind.isSubmitted else { return }
        let used = transfer?.index == index ? envelope.upTo(session.exchanges.count) : carried[index].envelope
        let resolved = used.resolve(in: session, content: content)
        session.messages[index].from = resolved.from
        session.messages[index].to = resolved.to
        session.messages[index].rejected = resolved.rejected
        if content < session.exchanges.count {
            let isIts = session.exchanges[content].message == index
            let acceptance = isIts ? Exchange.acceptance(session.exchanges, content) : nil
            // The reply to a chunk before the last takes the chunk, not the message.
            let isWhole = session.messages[index].kind != .bdat || acceptance == false
            session.messages[index].accepted = isWhole ? acceptance : nil
        }
    }
}
