/// What was lost since every command last had its response, so that their order alone does not pair them.
struct POP3Loss: Sendable, Hashable {
    /// A response that waits for the line behind it, which tells whether it has a body.
    struct Delayed: Sendable, Hashable {
        /// How many exchanges there were when it came: it answers none of the later ones.
        let exchanges: UInt32
        /// Whether that line will not come.
        var isOver = false
    }

    var isOfClient = false
    var isOfServer = false
    var delayed: Delayed?
}
