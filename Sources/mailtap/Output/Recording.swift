import MailTapCapture
import MailTapCore

/// Opens recordings for commands, with their errors as the command line says them.
enum Recording {
    static func open(_ path: String, keepsSecrets: Bool) throws -> Recorder {
        do {
            return try Recorder(path: path, version: MailTap.version, keepSecrets: keepsSecrets) { error in
                StandardError.write("mailtap: \(error)")
            }
        } catch {
            throw Failure(Status(rawValue: error.exitStatus) ?? .cannotCreate, error.description)
        }
    }

    /// A recording that may go on in further files.
    static func openSet(_ path: String, keepsSecrets: Bool, _ options: RotationOptions) throws -> RecordingSet {
        do {
            return try RecordingSet(
                path: path, version: MailTap.version, keepSecrets: keepsSecrets,
                rotation: options.rotate?.rotation, retention: options.keep?.retention, clock: { WallClock.now }
            ) { StandardError.write("mailtap: \($0)") }
        } catch {
            throw Failure(Status(rawValue: error.exitStatus) ?? .cannotCreate, error.description)
        }
    }
}
