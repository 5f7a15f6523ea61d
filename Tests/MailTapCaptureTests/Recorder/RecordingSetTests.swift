import MailTapCore
import Synchronization
import Testing

@testable import MailTapCapture

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory for one test, and a clock that it moves.
private final class Scene: Sendable {
    let path: String
    private let now = Mutex(Timestamp(nanoseconds: 1_800_000_000_000_000_000))
    private let lines = Mutex<[String]>([])

    init() throws {
        var template = Array("/tmp/mailtap-set-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer {
            $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path)
    }

    var reports: [String] { lines.withLock { $0 } }

    var names: [String] {
        guard let listing = opendir(path) else { return [] }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { octets in
                String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { found.append(name) }
        }
        return found.sorted()
    }

    func pass(seconds: Int64) { now.withLock { $0 = $0.advanced(by: seconds * 1_000_000_000) } }

    func recording(rotation: Rotation? = nil, retention: Retention? = nil) throws -> RecordingSet {
        try RecordingSet(
            path: path + "/tap.mailtap", version: "test", rotation: rotation, retention: retention,
            clock: { self.now.withLock { $0 } }, report: { line in self.lines.withLock { $0.append(line) } })
    }

    /// The client ports of the sessions in a file, in order.
    func sessions(_ name: String) -> [UInt16] {
        let descriptor = Glibc.open(path + "/" + name, O_RDONLY)
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let got = Glibc.read(descriptor, &buffer, buffer.count), got > 0 { bytes += buffer[..<got] }
        let blocks = WrittenBlocks(bytes)
        #expect(blocks.faults == [])
        return blocks.packets.filter { $0.flags == .syn }.map(\.sourcePort)
    }
}

@Suite struct RecordingSetTests {
    private func begin(_ recording: RecordingSet, _ port: UInt16) -> any SessionSink {
        var info = SessionInfo.sample()
        info.client.port = port
        let session = recording.open(info)
        session.receive([UInt8]("220 hi\r\n".utf8).span.bytes, from: .server, at: info.started)
        return session
    }

    private func play(_ recording: RecordingSet, _ port: UInt16) {
        begin(recording, port).end(at: SessionInfo.sample().started)
    }

    @Test func aSessionStaysInTheFileInWhichItBegan() throws {
        let scene = try Scene()
        let recording = try scene.recording(rotation: .interval(3_600_000_000_000))
        let long = begin(recording, 1)
        scene.pass(seconds: 3_600)
        play(recording, 2)
        recording.flush()
        long.receive([UInt8]("QUIT\r\n".utf8).span.bytes, from: .client, at: SessionInfo.sample().started)
        long.end(at: SessionInfo.sample().started)
        recording.close()
        #expect(scene.names == ["tap-000001-20270115T080000Z.mailtap", "tap-000002-20270115T090000Z.mailtap"])
        #expect(scene.names.map { scene.sessions($0) } == [[1], [2]])
        #expect(scene.reports == [])
    }

    @Test func aFileIsFollowedWhenItHasTheSizeAndNeverByAnEmptyOne() throws {
        let scene = try Scene()
        let recording = try scene.recording(rotation: .size(1))
        scene.pass(seconds: 100_000)
        recording.reopen()
        for port in 1...3 as ClosedRange<UInt16> { play(recording, port) }
        recording.close()
        #expect(scene.names.map { scene.sessions($0) } == [[1], [2], [3]])
        // The next run counts on.
        let next = try scene.recording(rotation: .size(1_000_000))
        play(next, 4)
        play(next, 5)
        next.close()
        #expect(scene.names.map { scene.sessions($0) } == [[1], [2], [3], [4, 5]])
    }

    @Test func onlyFilesOfTheSetThatNobodyWritesToAreRemoved() throws {
        let scene = try Scene()
        for name in ["tap-000000-mine.mailtap", "tap-7.mailtap", "other-000001-20260101T000000Z.mailtap"] {
            Glibc.close(Glibc.open(scene.path + "/" + name, O_CREAT | O_WRONLY, 0o600))
        }
        let recording = try scene.recording(rotation: .size(1), retention: .count(2))
        let long = begin(recording, 1)
        for port in 2...5 as ClosedRange<UInt16> {
            play(recording, port)
            recording.flush()
        }
        // The first is in use, the others are the newest two.
        #expect(scene.names.filter { $0.hasSuffix("Z.mailtap") && $0.hasPrefix("tap") }.count == 3)
        long.end(at: SessionInfo.sample().started)
        recording.flush()
        play(recording, 6)
        recording.close()
        let left = scene.names.filter { $0.hasSuffix("Z.mailtap") && $0.hasPrefix("tap") }
        #expect(left.map { scene.sessions($0) } == [[5], [6]])
        #expect(scene.names.count == 5)
    }

    @Test func filesThatAreTooOldAreRemoved() throws {
        let scene = try Scene()
        let recording = try scene.recording(rotation: .size(1), retention: .age(60_000_000_000))
        play(recording, 1)
        play(recording, 2)
        recording.flush()
        #expect(scene.names.count == 2)
        // The files' own times are the system's, far behind the test's clock but for the one in use.
        scene.pass(seconds: 120)
        recording.flush()
        recording.close()
        #expect(scene.names.map { scene.sessions($0) } == [[2]])
    }

    @Test func reopeningFollowsAFileThatWasMovedAway() throws {
        let scene = try Scene()
        let recording = try scene.recording()
        let long = begin(recording, 1)
        recording.reopen()
        #expect(scene.names == ["tap.mailtap"])
        #expect(rename(scene.path + "/tap.mailtap", scene.path + "/tap.mailtap.1") == 0)
        recording.reopen()
        play(recording, 2)
        long.end(at: SessionInfo.sample().started)
        recording.close()
        #expect(scene.sessions("tap.mailtap.1") == [1])
        #expect(scene.sessions("tap.mailtap") == [2])
        #expect(scene.reports == [])
    }

    @Test func aFileThatCantBeMadeLeavesTheOneBeforeInUse() throws {
        let scene = try Scene()
        let recording = try scene.recording()
        play(recording, 1)
        #expect(rename(scene.path + "/tap.mailtap", scene.path + "/old.mailtap") == 0)
        #expect(symlink("/nowhere", scene.path + "/tap.mailtap") == 0)
        recording.reopen()
        play(recording, 2)
        recording.close()
        #expect(scene.sessions("old.mailtap") == [1, 2])
        #expect(scene.reports.count == 1)
        #expect(scene.reports.first?.contains("goes on in the file before") == true)
    }
}
