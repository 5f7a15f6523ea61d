/// Where octets come from: a file, a pipe that is still being written, a decompressor, memory.
public protocol ByteSource: AnyObject {
    /// Reads at least one octet into `buffer`, waiting for it if need be; 0 at the end of the input.
    ///
    /// `buffer` is not empty and only valid during the call.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int
}
