import MailTapCore
import Testing

@testable import MailTapCapture

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory that goes with the test.
private final class ScratchDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/mailtap-recorder-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer {
            $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path)
    }

    private var names: [String] { ["a.mailtap", "b.mailtap", "link.mailtap"] }

    func write(_ bytes: [UInt8], _ name: String = "a.mailtap", mode: mode_t = 0o600) {
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, mode)
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        #expect(written == bytes.count)
        close(descriptor)
    }

    func read(_ name: String = "a.mailtap") -> [UInt8] {
        let descriptor = open(path + "/" + name, O_RDONLY)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = Glibc.read(descriptor, &buffer, buffer.count)
            guard got > 0 else { return bytes }
            bytes += buffer[..<got]
        }
    }
}

/// A store that holds so much and no more.
private final class FullStore: BlockStore {
    var bytes: [UInt8] = []
    var capacity: Int
    var size: Int { bytes.count }
    init(capacity: Int) { self.capacity = capacity }
    func append(_ more: [UInt8]) throws(BlockStoreFailure) {
        let room = min(more.count, capacity - bytes.count)
        bytes += more[..<room]
        if room < more.count { throw BlockStoreFailure(written: room, reason: "No space left on device") }
    }
    func withdraw(_ octets: Int) { bytes.removeLast(octets) }
    func sync() throws(BlockStoreFailure) {}
    func close() {}
}

@Suite struct RecorderTests {
    private func session(_ recorder: Recorder, _ port: UInt16 = 50_112, closes: Bool = true) {
        var info = SessionInfo.sample()
        info.client.port = port
        let session = recorder.open(info)
        for (side, text) in [(Side.server, "220 hi\r\n"), (.client, "QUIT\r\n"), (.server, "221 bye\r\n")] {
            session.receive([UInt8](text.utf8).span.bytes, from: side, at: info.started.advanced(by: 1_000))
        }
        guard closes else { return }
        session.mark(.eof(.server), at: info.started.advanced(by: 2_000))
        session.mark(.eof(.client), at: info.started.advanced(by: 2_000))
        session.end(at: info.started.advanced(by: 3_000))
    }

    private func recorder(_ path: String) throws -> Recorder {
        try Recorder(path: path, version: "1.2", keepSecrets: true) { Issue.record($0) }
    }

    private func expectError(_ code: RecordingError.Code, _ path: String) {
        #expect { try recorder(path).close() } throws: { error in (error as? RecordingError)?.code == code }
    }

    @Test func newFileIsPrivateAndBegun() throws {
        let directory = try ScratchDirectory()
        let recorder = try recorder(directory.path + "/a.mailtap")
        var status = stat()
        #expect(stat(directory.path + "/a.mailtap", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(WrittenBlocks(directory.read()).applications == ["mailtap 1.2"])
        session(recorder)
        #expect(recorder.backlog > 0)
        recorder.flush()
        #expect(recorder.backlog == 0)
        // What ended before the flush is on disk, while the recorder lives.
        let blocks = WrittenBlocks(directory.read())
        #expect(blocks.stream(server: true) == [UInt8]("220 hi\r\n221 bye\r\n".utf8))
        #expect(blocks.packets.filter { $0.flags.contains(.fin) }.count == 2)
        recorder.close()
    }

    @Test func anEmptyFileIsRefusedAsItIs() throws {
        let directory = try ScratchDirectory()
        directory.write([], mode: 0o644)
        expectError(.notARecording, directory.path + "/a.mailtap")
        var status = stat()
        #expect(stat(directory.path + "/a.mailtap", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o644 && status.st_size == 0)
    }

    @Test func aRecordingBecomesPrivate() throws {
        let directory = try ScratchDirectory()
        try recorder(directory.path + "/a.mailtap").close()
        directory.write(directory.read(), mode: 0o644)
        try recorder(directory.path + "/a.mailtap").close()
        var status = stat()
        #expect(stat(directory.path + "/a.mailtap", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
    }

    @Test func appendingAddsASection() throws {
        let directory = try ScratchDirectory()
        for port in [UInt16(1_001), 1_002] {
            let recorder = try recorder(directory.path + "/a.mailtap")
            session(recorder, port)
            recorder.close()
        }
        let blocks = WrittenBlocks(directory.read())
        #expect(blocks.faults == [])
        #expect(blocks.sections == 2)
        #expect(blocks.interfaces == 2)
        #expect(Set(blocks.packets.filter { !$0.isFromServer }.map(\.sourcePort)) == [1_001, 1_002])
    }

    @Test func tornAnywhereIsAppendedBehindTheLastWholeBlock() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/a.mailtap"
        let first = try recorder(path)
        session(first)
        first.close()
        let whole = directory.read()
        let ends = [0] + WrittenBlocks(whole).ends
        for cut in 1...whole.count {
            directory.write(Array(whole[..<cut]))
            let recorder = try recorder(path)
            session(recorder, 1_002)
            recorder.close()
            let bytes = directory.read()
            let kept = ends.last { $0 <= cut } ?? 0
            let blocks = WrittenBlocks(bytes)
            #expect(bytes.starts(with: whole[..<kept]), "cut at \(cut)")
            #expect(blocks.end == bytes.count && blocks.faults.isEmpty, "cut at \(cut)")
            #expect(
                blocks.packets.filter { $0.sourcePort == 1_002 && $0.flags.contains(.fin) }.count == 1, "cut at \(cut)")
        }
    }

    @Test func zerosAtTheEndAreATornTail() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/a.mailtap"
        try recorder(path).close()
        let whole = directory.read()
        directory.write(whole + [UInt8](repeating: 0, count: 5_000))
        try recorder(path).close()
        #expect(directory.read() == whole + whole)
    }

    @Test func otherFilesAreRefusedAndUntouched() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/a.mailtap"
        var foreign = PcapNGWriter()
        foreign.beginSection(application: "Dumpcap")
        for content in [[UInt8]("hello\n".utf8), [UInt8](repeating: 0, count: 100), foreign.bytes] {
            directory.write(content)
            expectError(.notARecording, path)
            #expect(directory.read() == content)
        }
        expectError(.unusablePath, directory.path)
        expectError(.unusablePath, directory.path + "/none/a.mailtap")
        expectError(.notARecording, "/dev/null")
        symlink(path, directory.path + "/link.mailtap")
        expectError(.unusablePath, directory.path + "/link.mailtap")
    }

    @Test func damageInTheMiddleIsNotCutOff() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/a.mailtap"
        let first = try recorder(path)
        session(first)
        first.close()
        var bytes = directory.read()
        let end = WrittenBlocks(bytes).ends[3]
        bytes[end - 4] ^= 0x40
        directory.write(bytes)
        expectError(.damaged, path)
        #expect(directory.read() == bytes)
    }

    @Test func secondWriterIsRefused() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/a.mailtap"
        let first = try recorder(path)
        expectError(.inUse, path)
        session(first)
        first.close()
        #expect(WrittenBlocks(directory.read()).sections == 1)
        try recorder(path).close()
        #expect(WrittenBlocks(directory.read()).sections == 2)
    }

    @Test func batchesAreWrittenWithoutBeingAsked() throws {
        let directory = try ScratchDirectory()
        let recorder = try recorder(directory.path + "/a.mailtap")
        let sink = recorder.open(.sample())
        let chunk = [UInt8](repeating: 65, count: 60_000)
        for _ in 0..<20 { sink.receive(chunk.span.bytes, from: .client, at: SessionInfo.sample().started) }
        #expect(recorder.backlog < 256 * 1024)
        #expect(directory.read().count > 900_000)
        recorder.close()
    }

    @Test(arguments: [100, 900, 1_500, 2_000, 2_001, 2_002, 2_003, 2_600])
    func fullDiskEndsTheRecordingOnceAndWhole(capacity: Int) {
        let store = FullStore(capacity: capacity)
        var failures: [RecordingError] = []
        let recorder = Recorder(store: store, path: "x", keepSecrets: true) { failures.append($0) }
        session(recorder, 1_001)
        recorder.flush()
        session(recorder, 1_002, closes: false)
        session(recorder, 1_003)
        recorder.flush()
        session(recorder, 1_004)
        recorder.flush()
        recorder.close()
        #expect(failures.count == 1)
        #expect(failures.first?.exitStatus == 74)
        #expect(recorder.failure?.code == .writeFailed)
        let blocks = WrittenBlocks(store.bytes)
        #expect(blocks.faults == [])
        #expect(blocks.end == store.bytes.count)
        #expect(!blocks.packets.contains { $0.sourcePort == 1_004 })
    }

    @Test func cutSessionsSaySo() {
        let big = [UInt8](repeating: 65, count: 30_000)
        let store = FullStore(capacity: 20_000)
        var failures = 0
        let recorder = Recorder(store: store, path: "x", keepSecrets: true) { _ in failures += 1 }
        let sink = recorder.open(.sample())
        recorder.flush()
        sink.receive(big.span.bytes, from: .client, at: SessionInfo.sample().started)
        recorder.flush()
        #expect(failures == 1)
        let last = WrittenBlocks(store.bytes).packets.last
        let marks = (last?.comments ?? []).flatMap { RecordingAnnotations().marks(in: $0, side: .client, offset: 0) }
        #expect(
            marks.contains { if case .trouble(let trouble) = $0 { trouble.code == "recording-cut" } else { false } })
        // What goes on afterwards does no harm.
        sink.receive(big.span.bytes, from: .server, at: SessionInfo.sample().started)
        sink.end(at: SessionInfo.sample().started)
        #expect(WrittenBlocks(store.bytes).packets.last?.comments == last?.comments)
    }

    @Test func aRecordingGoesOnWhenThereIsRoomAgain() throws {
        let store = FullStore(capacity: 3_000)
        let recorder = Recorder(store: store, path: "x", keepSecrets: true) { _ in }
        let cut = recorder.open(.sample())
        cut.receive([UInt8](repeating: 65, count: 4_000).span.bytes, from: .client, at: SessionInfo.sample().started)
        recorder.flush()
        #expect(recorder.failure != nil)
        session(recorder, 1_001)
        store.capacity = store.bytes.count + 10
        #expect(!recorder.resume(application: "mailtap test"))
        store.capacity = 100_000
        #expect(recorder.resume(application: "mailtap test"))
        cut.receive([UInt8](repeating: 66, count: 40).span.bytes, from: .client, at: SessionInfo.sample().started)
        session(recorder, 1_002)
        recorder.flush()
        let blocks = WrittenBlocks(store.bytes)
        #expect(blocks.faults == [])
        #expect(blocks.packets.filter { $0.flags == .syn }.map(\.sourcePort) == [50_112, 1_002])
        #expect(blocks.packets.allSatisfy { !$0.payload.contains(66) || $0.sourcePort != 50_112 })
    }
}
