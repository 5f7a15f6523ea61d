import MailTapAnalysis
import MailTapCapture
import MailTapCore

/// Fuzzes the packet path: the input is a capture, read through every layer into the session builder.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCapture(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    final class Sink: TraceSink {
        func open(_ info: SessionInfo) -> any SessionSink { SessionBuilder(info) }
    }
    let octets = Array(UnsafeBufferPointer(start: data, count: size))
    let reader = CaptureReader(annotations: RecordingAnnotations())
    do throws(CaptureError) {
        _ = try reader.read(MemorySource(octets), named: "fuzz", into: Sink())
    } catch {
        // Damage is an answer; only a trap or a leak is a find.
    }
    return 0
}
