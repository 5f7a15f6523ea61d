import MailTapAnalysis
import MailTapCore

/// What JSON shows of every reply, without the rest of it.
struct ReplyFields {
    let status: ReplyStatus
    let enhancedCode: EnhancedCode?
    let latency: Int64
    let isInjected: Bool
    let isPlain: Bool
    let lines: WireLines

    /// Of the exchange at an index; nil where it has no reply.
    init?(_ exchanges: [Exchange], _ index: Int) {
        guard let status = exchanges[index].reply?.status, let lines = exchanges[index].reply?.lines else { return nil }
        self.status = status
        self.lines = lines
        enhancedCode = exchanges[index].reply?.enhancedCode
        latency = exchanges[index].reply?.latency ?? 0
        isInjected = exchanges[index].reply?.isInjected ?? false
        isPlain = exchanges[index].reply?.isPlain ?? true
    }

    /// Of a reply behind the first.
    init(_ reply: Reply) {
        status = reply.status
        enhancedCode = reply.enhancedCode
        latency = reply.latency
        isInjected = reply.isInjected
        isPlain = reply.isPlain
        lines = reply.lines
    }
}
