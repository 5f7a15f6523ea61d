public import MailTapCore

/// Builds the `Session` of one connection from its octets and marks, as they come.
///
/// Memory grows with the number of lines, not with the size of messages (unless their content is to be kept).
public final class SessionBuilder: SessionSink {
    /// What grows with each octet, in one piece: each access to a member of a class is checked.
    private struct State {
        var dialogue: Dialogue
        var assembly: SessionAssembly

        mutating func receive(_ bytes: RawSpan, _ side: Side, _ time: Timestamp) {
            assembly.count(bytes.byteCount, of: side, at: time)
            dialogue.receive(bytes, from: side, at: time, &assembly)
        }

        mutating func mark(_ mark: Mark, _ time: Timestamp) {
            assembly.note(mark, at: time)
            dialogue.mark(mark, at: time, &assembly)
        }

        mutating func end(_ time: Timestamp, isDrafting: Bool) {
            dialogue.end(at: time, &assembly)
            assembly.finish()
            guard !isDrafting else { return }
            var draft = assembly.takeDraft()
            if let whole = draft.finish({ $0 }) { assembly.take(whole) }
        }
    }

    // Nothing that `progress` is called with leads back here, so no two accesses can overlap.
    @exclusivity(unchecked) private var state: State
    private let isDrafting: Bool
    private let ended: (SessionBuilder) -> Void

    /// A builder.
    ///
    /// - Parameters:
    ///   - info: what is known at the start.
    ///   - options: what to work out beside the dialogue.
    ///   - limits: the decoder's bounds.
    ///   - drafting: whether what takes long is left to who takes the draft.
    ///   - progress: called as the dialogue goes on; nil when nobody watches.
    ///   - ended: called once, when the session is whole.
    public init(
        _ info: SessionInfo, options: SessionOptions = SessionOptions(), limits: Limits = Limits(),
        drafting: Bool = false, progress: ((SessionProgress, Session) -> Void)? = nil,
        ended: @escaping (SessionBuilder) -> Void = { _ in }
    ) {
        state = State(
            dialogue: Dialogue(info, limits: limits),
            assembly: SessionAssembly(info, options: options, progress: progress))
        isDrafting = drafting
        self.ended = ended
    }

    /// The session so far.
    public var session: Session { state.assembly.session }

    /// The octets of each message, where `SessionOptions.keepsContent` asked for them.
    public var contents: [[UInt8]] { state.assembly.contents }

    /// Whether it is mail, or counts as such because a proxy relayed it.
    public var isMail: Bool { state.assembly.session.proto != nil || state.assembly.session.info.isKnownMail }

    /// False once it is certain that this is no mail, so that its octets need not be delivered.
    public var wantsMore: Bool {
        !(state.dialogue.isOpaque && state.dialogue.proto == nil && !state.assembly.session.info.isKnownMail)
    }

    /// Octets of one side, as they came.
    public func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        state.receive(bytes, side, time)
    }

    /// Something other than octets happened.
    public func mark(_ mark: Mark, at time: Timestamp) {
        state.mark(mark, time)
    }

    /// The session is over.
    public func end(at time: Timestamp) {
        state.end(time, isDrafting: isDrafting)
        ended(self)
    }

    /// Gives away the session, which is over, for somebody else to finish; `session` is empty afterwards.
    ///
    /// For a builder that was made to leave this to others.
    public func takeDraft() -> SessionDraft { state.assembly.takeDraft() }
}
