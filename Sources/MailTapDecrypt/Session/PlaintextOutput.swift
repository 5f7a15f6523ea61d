import MailTapCore

/// How many octets of each side went on as they came.
struct PassedOctets {
    private(set) var client: UInt64 = 0
    private(set) var server: UInt64 = 0

    mutating func add(_ count: UInt64, of side: Side) {
        if side == .client { client &+= count } else { server &+= count }
    }
}

/// Gives a session's plaintext to its sink, with what has to be said of it, in the plaintext's own places.
struct PlaintextOutput {
    /// How TLS began.
    var start = TLSMark.Start.implicit
    /// What the source itself had said of TLS.
    var told: TLSMark?

    private let downstream: any SessionSink
    private var client: UInt64 = 0
    private var server: UInt64 = 0
    private var isAnnounced = false
    /// Octets that could not be decrypted and were not told yet, in one gap for those of a side that follow each other.
    private var lost: (side: Side, count: UInt64)?

    init(_ downstream: any SessionSink) { self.downstream = downstream }

    /// What is wrong, in words, when a side ends TLS by an alert.
    static func trouble(_ alert: TLSAlert, _ side: Side) -> Trouble {
        Trouble(code: "tls-alert", text: "the \(side == .client ? "client" : "server") ended TLS: \(alert.text)")
    }

    /// What is to be said of early data that was passed over.
    private static func trouble(earlyData count: UInt64, _ loss: EarlyData.Loss) -> Trouble {
        let fate =
            switch loss {
            case .refused: "left out: the server did not take them"
            case .sealed: "not decrypted: no secret in the key log opens them"
            case .unknown: "not decrypted"
            }
        return Trouble(
            code: "decrypt-failed", text: "\(count) octets of the client's early data (0-RTT) are \(fate)")
    }

    /// Octets of the clear part before the TLS.
    mutating func begin(after passed: PassedOctets) {
        client = passed.client
        server = passed.server
    }

    /// Octets of the clear part.
    mutating func pass(_ bytes: RawSpan, _ side: Side, _ time: Timestamp) {
        skip(side, UInt64(bytes.byteCount))
        downstream.receive(bytes, from: side, at: time)
    }

    /// Octets of the clear part that are missing.
    mutating func skip(_ side: Side, _ count: UInt64) {
        if side == .client { client &+= count } else { server &+= count }
    }

    /// What came out of the conversation.
    mutating func deliver(_ outputs: [TLSOutput], _ facts: HandshakeFacts, _ time: Timestamp) {
        for output in outputs {
            announce(facts, time)
            switch output {
            case .data(let side, let octets):
                tellLost(time)
                pass(octets.span.bytes, side, time)
            case .alert(let side, let alert):
                tellLost(time)
                downstream.mark(.trouble(Self.trouble(alert, side)), at: time)
            case .lost(let side, let count, let reason):
                if lost?.side != side || reason != nil { tellLost(time) }
                if let reason {
                    let name = side == .client ? "client" : "server"
                    let text = "the \(name)'s octets are not decrypted from here on: \(reason)"
                    downstream.mark(.trouble(Trouble(code: "decrypt-failed", text: text)), at: time)
                }
                lost = (side, (lost?.count ?? 0) &+ count)
            case .skippedEarlyData(let count, let loss):
                tellLost(time)
                downstream.mark(.trouble(Self.trouble(earlyData: count, loss)), at: time)
                if loss == .sealed { lost = (.client, count) }
            }
        }
    }

    /// A mark of the source, whose gaps went through the conversation.
    mutating func mark(_ mark: Mark, _ facts: HandshakeFacts, _ time: Timestamp) {
        switch mark {
        case .gap, .tls: return
        case .masked, .forwarded, .injected, .pattern: return  // speak of places in the ciphertext
        case .conflict(let range):
            announce(facts, time)
            let place = range.side == .client ? client : server
            downstream.mark(.conflict(StreamRange(range.side, place, place)), at: time)
        case .eof, .reset, .trouble, .ended:
            announce(facts, time)
            tellLost(time)
            downstream.mark(mark, at: time)
        }
    }

    /// The session is over.
    mutating func end(_ facts: HandshakeFacts, _ time: Timestamp) {
        announce(facts, time)
        tellLost(time)
        downstream.end(at: time)
    }

    private mutating func announce(_ facts: HandshakeFacts, _ time: Timestamp) {
        guard !isAnnounced else { return }
        isAnnounced = true
        var mark = told ?? TLSMark(start: start, isDecrypted: true, client: TLSMark.Leg())
        mark.isDecrypted = true
        mark.client = mark.client.completed(by: facts.leg)
        downstream.mark(.tls(mark), at: time)
    }

    private mutating func tellLost(_ time: Timestamp) {
        guard let lost else { return }
        self.lost = nil
        guard lost.count > 0 else { return }
        skip(lost.side, lost.count)
        downstream.mark(.gap(lost.side, lost.count), at: time)
    }
}
