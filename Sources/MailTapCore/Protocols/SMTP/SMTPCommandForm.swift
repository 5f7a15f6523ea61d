extension RawSpan {
    /// Whether these `text` octets are a command for certain, by its verb and the form of what follows it.
    func isSMTPCommand(to text: Int) -> Bool {
        let (code, letters) = verbCode(from: 0, to: text)
        let verb = SMTPVerb(code: code)
        return mayBeArgument(of: verb, from: letters) && hasFormOfSMTPCommand(to: text)
    }

    /// Whether what stands from `letters` on can follow the verb; never behind one that is not known.
    func mayBeArgument(of verb: SMTPVerb, from letters: Int) -> Bool {
        switch verb {
        case .unknown: false
        case .mail: hasPrefix("FROM:", from: letters + 1)
        case .rcpt: hasPrefix("TO:", from: letters + 1)
        default: true
        }
    }

    /// Whether the line's verb stands alone where it must (QUIT, DATA, RSET), or has an argument where it must.
    func hasFormOfSMTPCommand(to text: Int) -> Bool {
        let (code, letters) = verbCode(from: 0, to: text)
        let isAlone = letters == text
        switch SMTPVerb(code: code) {
        case .unknown: return false
        case .quit, .data, .rset, .starttls, .turn: return isAlone
        case .noop, .help: return true
        default: return !isAlone && self[octet: letters] == 32
        }
    }
}
