import MailTapCore

/// What an exchange does, as a sentence that needs no memory of its own.
@usableFromInline enum NoteText: Sendable {
    /// Nothing is known of it.
    case none
    /// A sentence that is nearly always a constant.
    case text(String)
    /// Among the lines of a session's notes; always UTF-8.
    case line(WireText)

    init(_ text: String?) { self = text.map { .text($0) } ?? .none }

    /// The sentence; nil where nothing is known.
    var text: String? {
        switch self {
        case .none: nil
        case .text(let text): text
        case .line(let line): line.withBytes { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        }
    }
}

extension NoteText: Equatable {
    /// Whether both say the same.
    @usableFromInline static func == (one: NoteText, other: NoteText) -> Bool {
        if case .line(let one) = one, case .line(let other) = other { return one == other }
        return one.text == other.text
    }
}
