import MailTapCore

/// Tells how a session ended from what was said and how the connection closed.
struct EndingTracker {
    private var told: Ending?
    private var firstToClose: Side?
    private var wasReset = false
    private var saidQuit = false

    mutating func note(_ mark: Mark) {
        switch mark {
        case .ended(let ending): told = ending
        case .eof(let side): if firstToClose == nil { firstToClose = side }
        case .reset: wasReset = true
        case .trouble(let trouble) where trouble.code == "connect-failed": told = .killed
        default: break
        }
    }

    mutating func command(isQuit: Bool) { saidQuit = isQuit }

    /// - Parameter quitReply: what the newest QUIT was answered; `none` or nil without a reply.
    func ending(quitReply: ReplyStatus?) -> Ending {
        if let told, told == .timeout || told == .killed { return told }
        if saidQuit, quitReply?.isPositive == true || firstToClose != nil { return .quit }
        if let told { return told }
        if wasReset { return .reset }
        switch firstToClose {
        case .client?: return .clientClosed
        case .server?: return .serverClosed
        case nil: return .open
        }
    }
}
