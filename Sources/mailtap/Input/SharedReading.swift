import Dispatch
import MailTapCapture
import MailTapCore
import MailTapDecrypt
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads one capture file with several readers at a time, on a thread each.
///
/// ```
/// SharedFile --> reader 0: packets --> its connections --> Decryptor --> ShareSink \
///            \-> reader 1: packets --> its connections --> Decryptor --> ShareSink --> ShareMerge, in the order in which things happened
/// ```
/// Nothing is handed from thread to thread but what came out: no octet is copied, and no reader waits for another
/// unless it is far ahead. Packet headers are read by all of them, which costs little.
struct SharedReading: Sendable {
    private typealias Outcome = (result: Result<CaptureReader.Summary, CaptureError>, keys: KeyLog.Snapshot)

    /// What went wrong for one of the other readers.
    private final class OtherFailure: Sendable {
        let error = Mutex<CaptureError?>(nil)
    }

    /// More would spend their time on one another's packets.
    static let mostReaders = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    /// Below it the threads cost what they save.
    static let worthwhile: UInt64 = 2 << 20

    let path: String
    /// The file, open.
    let descriptor: Int32
    /// Octets of it that are read.
    let length: UInt64
    let name: String
    /// What the file begins with.
    let head: [UInt8]
    let readers: Int
    let limits: ReassemblyLimits
    let merge: any ShareMerge

    /// Reads the file to its end.
    ///
    /// - Parameters:
    ///   - keys: what is known, and what the capture adds to it.
    ///   - progress: gets the number of octets read, about once a MiB.
    func run(_ keys: KeyLog, progress: @escaping (UInt64) -> Void) throws(CaptureError) -> CaptureReader.Summary {
        let known = keys.snapshot
        let (reading, readers, merge) = (self, readers, merge)
        let file = SharedFile(descriptor: descriptor, named: name, length: length, readers: readers) { merge.isStopped }
        let otherFailure = OtherFailure()
        let others = DispatchGroup()
        for index in 1..<readers {
            // A queue of its own is a thread of its own: a reader may wait for the others.
            DispatchQueue(label: "mailtap.reader").async(group: others) {
                let outcome = reading.read(CaptureShare(index, of: readers), known, file) { _ in }
                if case .failure(let error) = outcome.result { otherFailure.error.withLock { $0 = error } }
            }
        }
        let outcome = read(CaptureShare(0, of: readers), known, file, progress)
        others.wait()
        // Every reader meets the same secrets, the same damage and the same end.
        keys.replace(by: outcome.keys)
        let summary = try outcome.result.get()
        if let error = otherFailure.error.withLock(\.self) { throw error }
        return summary
    }

    private func read(
        _ share: CaptureShare, _ known: KeyLog.Snapshot, _ file: SharedFile, _ progress: @escaping (UInt64) -> Void
    ) -> Outcome {
        Allocator.makeRoom()
        let keys = KeyLog(known)
        let position = PacketPosition()
        let sink = merge.sink(of: share, position)
        let decryptor = Decryptor(into: sink, keys: keys, patience: InputReader.patience(head, keys, name, path))
        var reader = CaptureReader(limits: limits, annotations: RecordingAnnotations()) { lines in
            keys.add(lines)
            decryptor.keysChanged()
        }
        reader.limits.history = merge.wantsConflicts ? reader.limits.history : 0
        reader.share = share
        reader.position = position
        let result = Result { () throws(CaptureError) in
            try reader.read(file.source(share.index), named: name, into: decryptor) { offset in
                sink.handOver(isOver: false)
                progress(offset)
            }
        }
        file.leave(share.index)
        keys.lookAhead = nil
        decryptor.finish()
        sink.handOver(isOver: true)
        return (result, keys.snapshot)
    }
}
