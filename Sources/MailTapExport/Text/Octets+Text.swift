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
        // Eight at a time: padding is short and there is much of it.
        var left = count
        while left > 0 {
            let eight: UInt64 = 0x2020_2020_2020_2020
            Swift.withUnsafeBytes(of: eight) {
                append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<Swift.min(8, left)]))
            }
            left -= 8
        }
    }
}
