/// A connection on its way to being given out as a session: what its number depends on, and what was made of it.
///
/// Sendable in truth: the thread that reads it touches it only until it has told of the connection's end, and whoever
/// is told only what it was told of: `verdict`, `isOver` and `number` from the beginning, `product` from the end on.
final class NumberedSession: NumberedConnection, @unchecked Sendable {
    /// What there is to give out.
    enum Product {
        /// What takes long is still to be worked out.
        case unfinished(UnfinishedSession)
        case finished(FinishedSession)
    }

    /// What happens to a connection.
    enum Happening: Sendable {
        case opened
        /// It is certain whether it is mail.
        case judged(Bool)
        /// Nothing follows, and the product of a mail session is there.
        case ended
    }

    var verdict: Bool?
    var isOver = false
    var number: Int?
    private var box: Box?

    /// A place of its own for what is large, so that the many connections that are open take little.
    private final class Box {
        var product: Product?
        init(_ product: consuming Product) { self.product = product }
    }

    /// Puts in what there is to give out.
    func put(_ product: consuming Product) { box = Box(product) }

    /// What there is to give out, once.
    func take() -> Product? {
        defer { box = nil }
        return box?.product.take()
    }
}
