/// Decompresses one format, piece by piece; the frames (gzip: members) of a file one after another.
protocol StreamDecoder: AnyObject {
    /// The format's name, for messages.
    static var name: String { get }
    /// The octet that every frame begins with; zeros between frames are padding.
    static var firstOctet: UInt8 { get }

    /// Decompresses as much of `input` as fits into `output`.
    func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece
    /// Makes ready for another frame; false where that fails.
    func restart() -> Bool
}

/// What one step of decompression did.
struct DecodedPiece {
    /// How decompression goes on.
    enum Outcome {
        /// More input, or more room, is needed.
        case goesOn
        /// A frame is over.
        case frameEnded
        /// Why nothing more can be had of the stream.
        case damaged(String)
    }

    /// Octets of the input that were used.
    var consumed: Int
    /// Octets that were written to the output.
    var produced: Int
    var outcome: Outcome
}
