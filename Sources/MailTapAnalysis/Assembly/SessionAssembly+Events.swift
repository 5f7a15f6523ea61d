import MailTapCore

extension SessionAssembly: DialogueHandler {
    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let proto):
            session.proto = proto
            report(.detected)
        case .command(let code):
            begin(event, code: code, bytes)
        case .continuation:
            begin(event, code: nil, bytes)
        case .reply(let status, let isLast):
            reply(status, isLast: isLast, event, bytes)
        case .listing:
            let index = index(event.exchange, at: event.time)
            let isStuffed = bytes.byteCount > 0 && bytes.octet(at: 0) == 46
            let text = bytes.extracting((isStuffed ? 1 : 0)..<max(isStuffed ? 1 : 0, bytes.textLength))
            let line = lines.expectation(text, from: event.range.start &+ (isStuffed ? 1 : 0))
            session.exchanges[index].addData(line)
        case .listingEnd:
            let index = index(event.exchange, at: event.time)
            session.exchanges[index].addData(nil)
            report(.listing(index))
        case .contentBegin(let kind): beginContent(kind, event)
        case .contentEnd(let isComplete): endContent(isComplete: isComplete, event)
        case .gap:
            if event.range.side == .client { loss = event.range }
            // Behind the last command; what comes next is not there yet.
            let place = max(0, min(Int(event.exchange), session.exchanges.count - 1))
            anomalies.append(DialogueAnomaly(kind: .gap, range: event.range, exchange: place))
            if let (index, offset) = transfer.map({ ($0.index, $0.bytes) }),
                session.messages[index].kind.sender == event.range.side
            {
                transfer?.isIntact = false
                if session.messages[index].gaps.count < 1_000 {
                    session.messages[index].gaps.append(ContentGap(offset: offset, length: event.range.length))
                }
            }
        case .tls(let start):
            if session.tls == nil {
                session.tls = TLSMark(start: start, isDecrypted: false, client: TLSMark.Leg())
                report(.tls)
            }
        case .secret(let kind):
            lines.note(secret: event.range, kind)
        case .anomaly(let anomaly):
            if anomaly == .plaintextAfterSTARTTLS { isBehindSTARTTLS = true }
            anomalies.append(
                DialogueAnomaly(kind: .dialogue(anomaly), range: event.range, exchange: Int(event.exchange)))
        case .fragment:
            lines.forgetSecrets()
            if bytes.byteCount > 0, bytes.octet(at: bytes.byteCount - 1) != 10 { cut = event.range }
        case .tunnel(let kind):
            enter(Tunnel(kind, reading: bytes))
            greetingAwaited = max(greetingAwaited, last)
        case .content:
            guard let index = transfer?.index, event.range.side == .server else { break }
            session.messages[index].patterns += lines.edits.patterns(in: event.range).map(\.pattern)
        case .opaque, .preamble, .close: break
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {
        guard transfer != nil else { return }
        transfer?.bytes &+= UInt64(bytes.byteCount)
        if options.readsMessages { transfer?.intake.receive(bytes, options) }
        if options.keepsContent { bytes.withUnsafeBytes { transfer?.content.append(contentsOf: $0) } }
    }
}
