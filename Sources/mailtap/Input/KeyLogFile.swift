import MailTapCapture
import MailTapDecrypt

/// The file that `--keylog` names, for commands that read INPUTs.
enum KeyLogFile {
    /// Octets of a key log that are read at most.
    private static let limit = 256 << 20

    /// Its secrets; none where no file is named.
    ///
    /// - Throws: `Failure` for a file that can't be read.
    static func read(_ path: String?, isQuiet: Bool) throws -> KeyLog {
        let keys = KeyLog()
        guard let path else { return keys }
        do throws(CaptureError) {
            let source = try DescriptorSource(path: path)
            var total = 0
            while total < limit {
                let (piece, _) = try MemorySource.peek(1 << 16, of: source)
                if piece.isEmpty { break }
                keys.append(piece)
                total += piece.count
            }
        } catch {
            throw Failure(.noInput, "can't use the key log: \(error)")
        }
        keys.endOfText()
        if keys.isEmpty, !isQuiet {
            StandardError.write(
                "mailtap: \(path) holds no TLS secret; a key log is what programs write where SSLKEYLOGFILE says")
        }
        return keys
    }
}
