import MailTapCapture

/// A file that is followed by its name, as `tail -F` does: where another file takes the name, reading goes on there.
struct FollowedFile {
    private let path: String
    private let status: FileStatus

    /// The open file `descriptor`, which was found under `path`; nil for what is no regular file.
    init?(path: String, descriptor: Int32) {
        guard let status = FileStatus(descriptor: descriptor), status.kind == .regular else { return nil }
        self.path = path
        self.status = status
    }

    /// Whether another file has the name now; where none has, one is waited for.
    var isReplaced: Bool {
        guard let present = FileStatus(path: path) else { return false }
        return present.kind == .regular && !present.isSameFile(as: status)
    }
}
