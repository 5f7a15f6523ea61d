import MailTapReplay

/// How far a replay of many sessions is, on a terminal and only there.
struct ReplayProgress {
    private let total: Int
    private let isWanted = StandardError.isTerminal
    private var isShown = false
    private var shownAt: Int64 = 0

    /// Nanoseconds between two lines.
    private static let interval: Int64 = 200_000_000

    init(total: Int) { self.total = total }

    mutating func show(_ figures: LoadFigures) {
        guard isWanted, total > 1, figures.elapsed - shownAt >= Self.interval else { return }
        shownAt = figures.elapsed
        isShown = true
        let failures = figures.failed > 0 ? ", \(figures.failed) without a connection" : ""
        let rate = Int(figures.rate.rounded())
        StandardError.raw(Array("\r\(figures.played) of \(total) sessions, \(rate) a second\(failures)\u{1B}[K".utf8))
    }

    /// Takes the line away again.
    mutating func clear() {
        guard isShown else { return }
        isShown = false
        StandardError.raw(Array("\r\u{1B}[K".utf8))
    }
}
