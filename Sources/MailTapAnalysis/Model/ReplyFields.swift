public import MailTapCore

/// What views show of every reply, without the rest of it: another module that looks into a reply copies all of it.
public struct ReplyFields {
    /// As in `Reply`.
    public let status: ReplyStatus, enhancedCode: EnhancedCode?, latency: Int64, isInjected: Bool, isPlain: Bool
    /// As in `Reply`.
    public let lines: WireLines

    /// Of the exchange at an index; nil where it has no reply.
    public init?(_ exchanges: borrowing [Exchange], _ index: Int) {
        guard let status = exchanges[index].reply?.status, let lines = exchanges[index].reply?.lines else { return nil }
        self.status = status
        self.lines = lines
        // What is stored, since to ask for what is worked out would copy the whole reply.
        let code = exchanges[index].reply?.code ?? .none
        enhancedCode = code == .none ? nil : code
        latency = exchanges[index].reply?.latency ?? 0
        isInjected = exchanges[index].reply?.isInjected ?? false
        isPlain = exchanges[index].reply?.isPlain ?? true
    }

    /// Of a reply behind the first.
    public init(_ reply: Reply) {
        status = reply.status
        enhancedCode = reply.enhancedCode
        latency = reply.latency
        isInjected = reply.isInjected
        isPlain = reply.isPlain
        lines = reply.lines
    }
}
