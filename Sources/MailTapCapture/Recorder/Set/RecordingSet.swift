public import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A recording that may go on in further files, and goes on after a failure: what a tap records to for months.
///
/// Each file is a whole recording. A session belongs to the file in which it began, and is written there to its end; a
/// file that is followed by another stays open until then. So the files read one after another hold what one file would.
/// Used from one thread at a time, whose owner calls `flush()` several times a second.
public final class RecordingSet: TraceSink {
    /// Nanoseconds between attempts to go on after a failure.
    private static let retryInterval: Int64 = 5_000_000_000
    /// Nanoseconds between looks for files that are too old.
    private static let pruneInterval: Int64 = 60_000_000_000

    private let path: String
    private let version: String
    private let keepsSecrets: Bool
    private let rotation: Rotation?
    private let retention: Retention?
    private let names: RecordingNames
    private let clock: @Sendable () -> Timestamp
    private let report: @Sendable (String) -> Void
    private var current: Recorder
    private var began: Timestamp
    private var number = 0
    /// Files that others have followed, for the sessions that began in them.
    private var retired: [Recorder] = []
    private var nextAttempt: Timestamp?
    private var lastPrune: Timestamp

    /// Whether a part of what happened is missing in the recording because writing failed.
    public private(set) var hasFailed = false

    /// Opens the recording, or a new file of its set.
    ///
    /// - Parameters:
    ///   - path: the recording's file; with `rotation`, what the set's files are named after.
    ///   - version: MailTap's version, for the section headers.
    ///   - keepSecrets: whether credentials are written as they are (`--keep-secrets`).
    ///   - rotation: when to go on in a new file; nil: never.
    ///   - retention: which files of the set to keep; nil: all.
    ///   - clock: the wall clock.
    ///   - report: takes one line for a person when writing fails or goes on again.
    /// - Throws: `RecordingError` when there can be no recording.
    public init(
        path: String, version: String, keepSecrets: Bool = false, rotation: Rotation? = nil,
        retention: Retention? = nil, clock: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (String) -> Void
    ) throws(RecordingError) {
        self.path = path
        self.version = version
        keepsSecrets = keepSecrets
        self.rotation = rotation
        self.retention = retention
        self.clock = clock
        self.report = report
        names = RecordingNames(path)
        let now = clock()
        began = now
        lastPrune = now
        if rotation != nil { number = (names.existing().last?.number ?? 0) + 1 }
        current = try Recorder(
            path: rotation == nil ? path : names.path(number: number, at: now), version: version,
            keepSecrets: keepSecrets
        ) { error in report(Self.words(error)) }
        prune(now)
    }

    /// Begins a session, in a new file where it is time for one.
    public func open(_ info: SessionInfo) -> any SessionSink {
        if isRotationDue(clock()) { proceed() }
        return current.open(info)
    }

    /// Appends what was gathered, closes files whose sessions are over, tries again after a failure.
    public func flush() {
        current.flush()
        for recorder in retired {
            recorder.flush()
            if recorder.failure != nil { hasFailed = true }
        }
        for recorder in retired where recorder.isIdle { recorder.close() }
        retired.removeAll(where: \.isIdle)
        let now = clock()
        if current.failure != nil {
            hasFailed = true
            recover(now)
        }
        if case .age = retention, now.since(lastPrune) >= Self.pruneInterval { prune(now) }
    }

    /// Goes on in a new file: the next of the set, or one at the recording's path if the present one was moved away.
    ///
    /// What SIGHUP asks for.
    public func reopen() {
        if rotation != nil ? current.sessionTotal > 0 : !current.isInPlace { proceed() }
    }

    /// Appends what was gathered, waits until it is on disk, and closes the files.
    ///
    /// Nothing may follow.
    public func close() {
        for recorder in retired + [current] {
            recorder.close()
            if recorder.failure != nil { hasFailed = true }
        }
        retired = []
    }

    // MARK: Files

    private func isRotationDue(_ now: Timestamp) -> Bool {
        guard current.sessionTotal > 0 else { return false }
        if let nextAttempt, now < nextAttempt { return false }
        return switch rotation {
        case .size(let octets): current.size >= octets
        case .interval(let interval): now.since(began) >= interval
        case nil: false
        }
    }

    /// Opens the next file; where that fails, the present one goes on.
    private func proceed() {
        let now = clock()
        let report = self.report
        do {
            let next = try Recorder(
                path: rotation == nil ? path : names.path(number: number + 1, at: now), version: version,
                keepSecrets: keepsSecrets
            ) { error in report(Self.words(error)) }
            number += 1
            current.flush()
            if current.failure != nil { hasFailed = true }
            retired.append(current)
            current = next
            began = now
            nextAttempt = nil
        } catch {
            nextAttempt = now.advanced(by: Self.retryInterval)
            report("\(error); the recording goes on in the file before")
        }
        prune(now)
    }

    private func recover(_ now: Timestamp) {
        guard let due = nextAttempt else {
            nextAttempt = now.advanced(by: Self.retryInterval)
            return
        }
        guard now >= due else { return }
        nextAttempt = now.advanced(by: Self.retryInterval)
        guard current.resume(application: Recorder.application(version)) else { return }
        nextAttempt = nil
        report("recording to \(current.path) goes on: sessions that begin from now on are recorded")
    }

    /// Removes the files of the set that are not to be kept; never one that is written to.
    private func prune(_ now: Timestamp) {
        lastPrune = now
        guard let retention, rotation != nil else { return }
        let inUse = Set((retired + [current]).map(\.path))
        let files = names.existing()
        switch retention {
        case .count(let count):
            for file in files.dropLast(max(1, count)) where !inUse.contains(file.path) { unlink(file.path) }
        case .age(let age):
            for file in files where !inUse.contains(file.path) {
                var status = stat()
                guard lstat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                #if canImport(Darwin)
                    let written = status.st_mtimespec
                #else
                    let written = status.st_mtim
                #endif
                let time = Timestamp(nanoseconds: Int64(written.tv_sec) &* 1_000_000_000 &+ Int64(written.tv_nsec))
                if now.since(time) > age { unlink(file.path) }
            }
        }
    }

    private static func words(_ error: RecordingError) -> String {
        "\(error); tried again every \(retryInterval / 1_000_000_000) seconds"
    }
}
