/// What is known of messages, by their numbers: those of 1, 2, 3 and so on lie one behind the other.
struct ByMessageNumber<Value> {
    private var inOrder: [Value] = []
    /// Of numbers that came out of their order.
    private var others: [Int: Value] = [:]

    subscript(number: Int) -> Value? {
        if number >= 1, number <= inOrder.count { return inOrder[number - 1] }
        return others.isEmpty ? nil : others[number]
    }

    /// Notes what is known of a message, in place of what was known before.
    mutating func set(_ number: Int, _ value: Value) {
        if number >= 1, number <= inOrder.count {
            inOrder[number - 1] = value
        } else if number == inOrder.count + 1, others.isEmpty {
            inOrder.append(value)
        } else {
            others[number] = value
        }
    }
}
