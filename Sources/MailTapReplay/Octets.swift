/// Searching in octets.
enum Octets {
    /// The octets with every occurrence of `needle` replaced.
    static func replacing(_ needle: [UInt8], in octets: [UInt8], with substitute: [UInt8]) -> [UInt8] {
        guard let first = needle.first else { return octets }
        var result: [UInt8] = []
        result.reserveCapacity(octets.count)
        var index = 0
        while let found = octets[index...].firstIndex(of: first) {
            result += octets[index..<found]
            if octets[found...].starts(with: needle) {
                result += substitute
                index = found + needle.count
            } else {
                result.append(first)
                index = found + 1
            }
        }
        result += octets[index...]
        return result
    }
}
