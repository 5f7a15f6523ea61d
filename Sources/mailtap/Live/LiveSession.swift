import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapDecrypt
import MailTapExport

/// One run of `mailtap capture`: what the packets go through, and what has to be done between them.
final class LiveSession {
    private let capture: LiveCapture
    private let decryptor: Decryptor
    private let keys: KeyLog
    private let follower: KeyLogFollower?
    private let recorder: Recorder?
    private let ended: () -> Int
    private var dropsTold: UInt64 = 0

    /// - Parameters:
    ///   - capture: the open interface.
    ///   - sink: takes the sessions.
    ///   - follower: the key log that grows; nil for none.
    ///   - recorder: what is to be flushed between packets.
    ///   - ended: how many mail sessions have ended.
    init(
        _ capture: LiveCapture, into sink: any TraceSink, follower: KeyLogFollower?, recorder: Recorder?,
        ended: @escaping () -> Int
    ) {
        self.capture = capture
        self.follower = follower
        self.recorder = recorder
        self.ended = ended
        keys = KeyLog()
        decryptor = Decryptor(into: sink, keys: keys, patience: follower == nil ? .none : .brief)
    }

    /// Runs until a signal, `mostSessions` or `seconds`; then everything that is open ends and is written.
    func run(until signals: StopSignals, mostSessions: Int?, seconds: Double?, isVerbose: Bool) throws(CaptureError) {
        var deadline: Timestamp?
        learn()
        let outcome = Result { () throws(CaptureError) in
            try capture.run(into: decryptor) { now in
                if deadline == nil, let seconds {
                    deadline = now.advanced(by: Int64(min(seconds, 1e9) * 1e9))
                }
                learn()
                capture.savefile?.advance(to: now)
                decryptor.advance(to: now)
                recorder?.flush()
                if isVerbose { tellDrops() }
                if signals.isRaised { return false }
                if let mostSessions, ended() >= mostSessions { return false }
                return deadline.map { now < $0 } ?? true
            }
        }
        learn()
        decryptor.finish()
        capture.savefile?.close()
        try outcome.get()
    }

    /// Takes what the key log got.
    private func learn() {
        guard let lines = follower?.newLines(), !lines.isEmpty else { return }
        capture.savefile?.add(keyLog: lines)
        keys.add(lines)
        decryptor.keysChanged()
    }

    private func tellDrops() {
        let dropped = capture.summary.dropped
        guard dropped > dropsTold else { return }
        StandardError.write("\(dropped - dropsTold) packets dropped by the kernel")
        dropsTold = dropped
    }
}
