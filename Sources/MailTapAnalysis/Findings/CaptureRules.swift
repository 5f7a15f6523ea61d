import MailTapCore

/// What the capture lacks, or MailTap left out of it.
enum CaptureRules {
    static func apply(to session: Session, _ found: inout FindingList) {
        for trouble in session.troubles {
            switch trouble.code {
            case "buffer-limit": found.add("tcp.buffer-limit", exchange: nil, ShownText.of(trouble.text))
            case "out-of-window": found.add("tcp.out-of-window", exchange: nil, ShownText.of(trouble.text))
            case "after-fin": found.add("tcp.after-fin", exchange: nil, ShownText.of(trouble.text))
            case "snapshot-length": found.add("tcp.snapshot-length", exchange: nil, ShownText.of(trouble.text))
            default: continue
            }
        }
    }
}
