/// Why a capture could not be read, or not to its end.
///
/// What came before was delivered.
public struct CaptureError: Error, Sendable, Equatable {
    /// What kind of failure it is; decides the exit status.
    public enum Code: Sendable, Hashable {
        /// The input begins like no capture format (65).
        case notACapture
        /// The input ends in the middle of a record: cut off, or still being written (65).
        case truncated
        /// The input contradicts its own format (65).
        case damaged
        /// The operating system refused to open or to read (66 or 74).
        case inputOutput(errno: Int32)
        /// A live interface could not be opened or watched (66).
        case interface
        /// A filter that libpcap does not take (64).
        case filter
    }

    /// What kind of failure it is.
    public var code: Code
    /// The INPUT or interface it happened on.
    public var input: String
    /// Octets of the (decompressed) input before the failure; nil where no octet is to blame.
    public var offset: UInt64?
    /// What failed and why, in words; holds no content.
    public var reason: String

    /// A failure to read a capture.
    public init(code: Code, input: String, offset: UInt64? = nil, reason: String) {
        self.code = code
        self.input = input
        self.offset = offset
        self.reason = reason
    }
}

extension CaptureError: CustomStringConvertible {
    /// `INPUT: at octet N: reason`.
    public var description: String {
        guard let offset else { return "\(input): \(reason)" }
        return "\(input): at octet \(offset): \(reason)"
    }
}
