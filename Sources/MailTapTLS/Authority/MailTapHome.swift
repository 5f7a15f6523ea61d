#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The directory of MailTap's own files: `$MAILTAP_HOME`, by default `~/.mailtap`.
public enum MailTapHome {
    /// The directory's path; it need not exist.
    ///
    /// - Returns: nil where neither `MAILTAP_HOME` nor `HOME` is set and the user has no home in the system's list.
    public static var path: String? {
        if let named = variable("MAILTAP_HOME") { return named }
        if let home = variable("HOME") { return home + "/.mailtap" }
        guard let user = getpwuid(getuid()), let home = user.pointee.pw_dir else { return nil }
        return String(cString: home) + "/.mailtap"
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
