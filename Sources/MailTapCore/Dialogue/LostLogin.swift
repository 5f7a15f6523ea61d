/// Whether a login was lost, so that a refusal may repeat a password that was never seen.
enum LostLogin: Sendable, Hashable {
    /// None can be: everything was seen.
    case none
    /// Octets of the client were lost, and no response came since.
    case unanswered
    /// Responses came since: with the next command that waited for all of them both sides are in step again.
    case answered
    /// Somebody is logged in; there will be no other login.
    case over
}
