import MailTapCapture

/// How far a long reading is, on a terminal and only there.
final class ProgressLine {
    private let name: String
    private let total: UInt64?
    private var isShown = false
    private let isWanted = StandardError.isTerminal

    init(_ name: String, descriptor: Int32) {
        self.name = name
        let status = FileStatus(descriptor: descriptor)
        total = status.flatMap { $0.kind == .regular && $0.length > 0 ? $0.length : nil }
    }

    /// `octets` were read so far.
    func show(_ octets: UInt64) {
        guard isWanted, octets > 16 << 20 else { return }
        let share = total.map { $0 >= octets ? " of \($0 >> 20) MiB, \(octets * 100 / max(1, $0)) %" : "" } ?? ""
        StandardError.raw(Array("\r\(VisibleName.of(name)): \(octets >> 20) MiB\(share)\u{1B}[K".utf8))
        isShown = true
    }

    /// Takes the line away again.
    func clear() {
        guard isShown else { return }
        isShown = false
        StandardError.raw(Array("\r\u{1B}[K".utf8))
    }
}

/// A file name without control characters.
enum VisibleName {
    static func of(_ name: String) -> String {
        String(name.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
    }
}
