/// Where octets come from: a file, a pipe that is still being written, a decompressor, memory.
public protocol ByteSource: AnyObject {
    /// Reads at least one octet into `buffer`, waiting for it if need be; 0 at the end of the input.
    ///
    /// `buffer` is not empty and only valid during the call.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int
    /// The next octets where they lie in memory already, valid until the next call; none at the end of the input.
    ///
    /// Nil from a source that has to be read.
    func lend() throws(CaptureError) -> UnsafeRawBufferPointer?
    /// Waits so long at most; true as soon as `read` has something to say, be it the end.
    func isReady(within milliseconds: Int32) -> Bool
}

extension ByteSource {
    /// Most have nothing in memory.
    public func lend() throws(CaptureError) -> UnsafeRawBufferPointer? { nil }

    /// What is in memory or in a file is always ready.
    public func isReady(within milliseconds: Int32) -> Bool { true }
}
