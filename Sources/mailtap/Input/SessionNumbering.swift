/// A connection of an INPUT, as far as its number depends on it.
protocol NumberedConnection: AnyObject {
    /// Whether it is mail; nil while that is open.
    var verdict: Bool? { get }
    /// Whether nothing follows.
    var isOver: Bool { get }
    /// Its number; 0 for what is no mail, nil while it is not certain.
    var number: Int? { get set }
}

/// In which order sessions are given out.
enum SessionOrder { case number, ending }

/// Numbers connections by their first payload octet, over mail sessions only.
///
/// Connections come in the order in which they opened; a number is certain once it is known of all before whether
/// they are mail.
struct SessionNumbering<Connection: NumberedConnection> {
    private let order: SessionOrder
    private var waiting: [Connection] = []
    /// Those before this index are given out; those before `numbered` have their number.
    private var first = 0
    private var numbered = 0
    private var next = 1

    init(_ order: SessionOrder) { self.order = order }

    /// Sessions that have a number.
    var count: Int { next - 1 }

    /// The number of a mail session that comes in its turn, while no connection waits.
    mutating func number() -> Int {
        defer { next += 1 }
        return next
    }

    mutating func open(_ connection: Connection) { waiting.append(connection) }

    /// Numbers what can be numbered, now that a connection has ended, and gives out what is finished and was not.
    ///
    /// - Parameter give: may be called again for a connection that was given before.
    mutating func settle(after ended: Connection, give: (Connection) -> Void) {
        while numbered < waiting.count, let isMail = waiting[numbered].verdict {
            let connection = waiting[numbered]
            connection.number = isMail ? next : 0
            if isMail { next += 1 }
            numbered += 1
            if order == .ending, connection.isOver { give(connection) }
        }
        switch order {
        case .ending:
            give(ended)
            // Who has a number waits for nobody any more, and need not be remembered.
            first = numbered
        case .number:
            while first < numbered {
                let connection = waiting[first]
                guard connection.isOver || connection.number == 0 else { break }
                give(connection)
                first += 1
            }
        }
        if first > 64, first > waiting.count / 2 {
            waiting.removeFirst(first)
            numbered -= first
            first = 0
        }
    }
}
