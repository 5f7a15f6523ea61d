import MailTapCapture
import MailTapCore
import MailTapDecrypt

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads INPUTs, one after another, into a sink, telling them apart by content.
struct InputReader {
    /// Whether to keep quiet about what is odd.
    var isQuiet = false
    /// Whether to say of each INPUT what it was.
    var isVerbose = false
    /// Whether to wait for more at the end of a file, until interrupted (`--follow`).
    var follows = false
    /// Called while an input that is still being written has nothing new.
    var waiting: (() -> Void)?
    /// Whether nobody wants the rest of the input any more (the reader of the output went away).
    var stops: () -> Bool = { false }
    /// The secrets that TLS is decrypted with; those that captures hold are added.
    let keys: KeyLog
    /// How many readers share a capture file, for a sink that can take it from several.
    var readers = SharedReading.mostReaders
    /// Octets of a file from which on that is worth it.
    var sharedLength = SharedReading.worthwhile
    /// Bounds of what a capture's connections hold.
    var limits = ReassemblyLimits()
    /// The worst that happened; reading goes on with the next INPUT.
    private(set) var status = Status.success

    /// A reader; `keys` holds what is known beforehand.
    init(isQuiet: Bool = false, keys: KeyLog = KeyLog()) {
        self.isQuiet = isQuiet
        self.keys = keys
    }

    /// Reads all INPUTs; what fails is said on standard error and remembered in `status`.
    mutating func read(_ inputs: [String], into sink: any TraceSink) {
        Allocator.prepareForReading()
        for input in inputs {
            while goesOn(input, into: sink) {
                if !isQuiet { StandardError.write("mailtap: \(input) was replaced; going on with the new file") }
            }
        }
    }

    /// Reads one INPUT.
    ///
    /// - Returns: whether it was followed and another file has its name now.
    private mutating func goesOn(_ input: String, into sink: any TraceSink) -> Bool {
        let descriptor = input == "-" ? 0 : open(input, O_RDONLY | O_CLOEXEC)
        defer { if descriptor > 0 { close(descriptor) } }
        do {
            try read(input, descriptor, into: sink)
        } catch let failure as Failure {
            StandardError.write("mailtap: \(failure.text)")
            if status == .success { status = failure.status }
        } catch {
            StandardError.write("mailtap: \(input): \(error)")
            if status == .success { status = .ioError }
        }
        guard follows, input != "-", descriptor >= 0, !stops(), !Interruption.came else { return false }
        return FollowedFile(path: input, descriptor: descriptor)?.isReplaced ?? false
    }

    private func read(_ input: String, _ descriptor: Int32, into sink: any TraceSink) throws {
        let name = input == "-" ? "standard input" : input
        guard descriptor >= 0 else {
            throw Failure(.noInput, "can't read \(name): \(StandardOutput.reason()); is the path right?")
        }
        let kind = FileStatus(descriptor: descriptor)?.kind
        if kind == .directory {
            throw Failure(.noInput, "can't read \(name): it is a directory; name the files in it")
        }
        (sink as? any LaggingSink)?.mayLag = kind == .regular && !follows
        let isFile = input != "-" && kind == .regular
        let summary = try readCaptureOrDialogue(
            descriptor, name, keys: keys, path: isFile ? input : nil, into: sink)
        report(summary, name)
    }

    private func report(_ summary: CaptureReader.Summary?, _ name: String) {
        guard let summary else {
            if isVerbose { StandardError.write("mailtap: \(name): a dialogue file") }
            return
        }
        if !isQuiet {
            for (link, count) in summary.unreadable.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(8) {
                let packets = count == 1 ? "1 packet" : "\(count) packets"
                StandardError.write(
                    "mailtap: \(name): \(packets) of link-layer type \(LinkLayer.describe(link)), which is not read")
            }
        }
        guard isVerbose else { return }
        let dropped = summary.dropped > 0 ? ", and \(summary.dropped) that were dropped when it was captured" : ""
        StandardError.write("mailtap: \(name): \(summary.packets) packets\(dropped)")
    }
}
