#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Root's rights, which capturing needs for opening an interface and for nothing else.
enum Privileges {
    /// A user, with its main group.
    struct User: Equatable {
        var name: String
        var user: uid_t
        var group: gid_t
    }

    /// Who ran sudo; nil where nobody did.
    static var invoker: User? {
        guard geteuid() == 0, let text = Terminal.variable("SUDO_UID"), let number = uid_t(text), number != 0,
            let entry = getpwuid(number)
        else { return nil }
        return user(entry.pointee)
    }

    /// Goes on as `name`, else as who ran sudo, else as nobody; does nothing where the process is not root's.
    ///
    /// - Returns: who it is now; nil where nothing was given up.
    /// - Throws: `Failure` where there is no such user, or the system refuses.
    static func drop(to name: String?) throws -> User? {
        guard geteuid() == 0 else {
            if let name, !name.isEmpty, name != self.name(of: geteuid()) {
                throw Failure(.usage, "--user-drop \(name): only root can become another user")
            }
            return nil
        }
        let chosen: User
        if let name {
            guard let entry = getpwnam(name) else { throw Failure(.usage, "--user-drop: there is no user \(name)") }
            chosen = user(entry.pointee)
        } else if let invoker {
            chosen = invoker
        } else if let entry = getpwnam("nobody") {
            chosen = user(entry.pointee)
        } else {
            throw Failure(.usage, "there is no user nobody to go on as; name one with --user-drop")
        }
        guard chosen.user != 0 else { return nil }
        guard initgroups(chosen.name, chosen.group) == 0, setgid(chosen.group) == 0, setuid(chosen.user) == 0,
            seteuid(0) != 0
        else {
            throw Failure(
                .ioError,
                "can't go on as \(chosen.name): \(StandardOutput.reason()); --user-drop root stays root")
        }
        return chosen
    }

    private static func name(of number: uid_t) -> String? { getpwuid(number).map { user($0.pointee).name } }

    private static func user(_ entry: passwd) -> User {
        User(name: entry.pw_name.map { String(cString: $0) } ?? "", user: entry.pw_uid, group: entry.pw_gid)
    }
}
