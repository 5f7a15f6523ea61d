import Dispatch
import Foundation
import MailTapCapture
import MailTapTesting
import Synchronization
import Testing

@testable import mailtap

/// A file that several readers share, each at its own pace.
@Suite struct SharedFileTests {
    /// More than the ring holds, several times.
    private static let octets: [UInt8] = {
        var random = SeededGenerator(seed: 11)
        return (0..<(5 << 20) / 8).flatMap { _ in withUnsafeBytes(of: random.next(), Array.init) } + [1, 2, 3]
    }()

    @Test(arguments: 1...4) func everyoneReadsAll(readers: Int) throws {
        let seen = try Self.read(length: Self.octets.count, readers: readers)
        #expect(seen.count == readers)
        #expect(seen.allSatisfy { $0 == Self.octets })
    }

    /// What a file has gained since is left out; one that has become shorter ends where it ends.
    @Test(arguments: [-1_000_000, 70_000]) func otherLength(difference: Int) throws {
        let seen = try Self.read(length: Self.octets.count + difference, readers: 2)
        let expected = Array(Self.octets.prefix(Self.octets.count + difference))
        #expect(seen == [expected, expected])
    }

    /// Who leaves holds nobody up.
    @Test func leaving() throws {
        let seen = try Self.read(length: Self.octets.count, readers: 3, leaving: 1, behind: 300_000)
        #expect(seen[0] == Self.octets)
        #expect(seen[1].count < 500_000 && Self.octets.starts(with: seen[1]))
        #expect(seen[2] == Self.octets)
    }

    /// A file that nobody wants any more ends.
    @Test func ending() throws {
        let seen = try Self.read(length: Self.octets.count, readers: 2, isOver: { true })
        #expect(seen == [[], []])
    }

    @Test func failing() throws {
        let file = SharedFile(descriptor: -1, named: "none", length: 1, readers: 1) { false }
        #expect { try file.source(0).lend() } throws: { error in
            (error as? CaptureError)?.code == .inputOutput(errno: EBADF)
        }
    }

    /// What each of the readers, at work together, reads of a file of `octets` that is said to have a length.
    private static func read(
        length: Int, readers: Int, leaving quitter: Int? = nil, behind limit: Int = 0,
        isOver: @escaping @Sendable () -> Bool = { false }
    ) throws -> [[UInt8]] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("shared-\(UUID().uuidString)")
        try Data(octets).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let handle = try FileHandle(forReadingFrom: path)
        defer { try? handle.close() }
        let file = SharedFile(
            descriptor: handle.fileDescriptor, named: "shared", length: UInt64(length), readers: readers,
            isOver: isOver)
        let seen = Mutex([[UInt8]](repeating: [], count: readers))
        let group = DispatchGroup()
        for reader in 0..<readers {
            DispatchQueue(label: "reader").async(group: group) {
                var random = SeededGenerator(seed: UInt64(reader))
                var own: [UInt8] = []
                let source = file.source(reader)
                var piece = [UInt8](repeating: 0, count: 100_000)
                while reader != quitter || own.count < limit {
                    // Some are read, some lent.
                    let isLent = reader.isMultiple(of: 2)
                    let got = piece.withUnsafeMutableBytes { room -> Int? in
                        if isLent, let lent = try? source.lend() {
                            own += lent
                            return lent.count
                        }
                        return isLent ? nil : try? source.read(into: room)
                    }
                    guard let got, got > 0 else { break }
                    if !isLent { own += piece[..<got] }
                    if UInt8.random(in: 0..<8, using: &random) == 0 { sched_yield() }
                }
                file.leave(reader)
                seen.withLock { [own] in $0[reader] = own }
            }
        }
        group.wait()
        return seen.withLock(\.self)
    }
}
