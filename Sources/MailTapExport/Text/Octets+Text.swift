extension [UInt8] {
    /// Appends text as it stands.
    mutating func append(_ text: StaticString) {
        guard text.hasPointerRepresentation else { return }
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends text as it stands.
    mutating func append(text: some StringProtocol) { append(contentsOf: text.utf8) }

    /// Appends spaces.
    mutating func append(spaces count: Int) {
        guard count > 0 else { return }
        append(contentsOf: repeatElement(UInt8(ascii: " "), count: count))
    }
}
