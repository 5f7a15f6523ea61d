import ArgumentParser
import MailTapCore
import MailTapProxy

/// The ways into `proxy` beside routes to one server each.
struct FrontDoorOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            """
            Routes lead where their clients wanted to go before iptables or nftables redirected them here (Linux). A \
            route may then be LISTEN alone; of a URL, the scheme and the server's name count.
            """))
    var transparent = false

    @Option(
        help: ArgumentHelp(
            "Listen for clients that say by SOCKS5 where they want to go. Repeatable.", valueName: "listen"),
        transform: Self.listen)
    var socks: [ListenAddress] = []

    @Option(help: ArgumentHelp("Let in only SOCKS clients that give this name and a password.", valueName: "name"))
    var socksUser: String?

    @Option(
        help: ArgumentHelp(
            "The password is the first line of this file; else it is $MAILTAP_PASSWORD.", valueName: "path"))
    var socksPasswordFile: String?

    mutating func validate() throws {
        if socksUser != nil, socks.isEmpty { throw ValidationError("--socks-user needs --socks") }
        if socksPasswordFile != nil, socksUser == nil {
            throw ValidationError("--socks-password-file needs --socks-user")
        }
    }

    /// Everything that is listened on: the routes in their order, then what speaks SOCKS.
    func doors(_ routes: [String]) throws -> [FrontDoor] {
        if transparent, !FrontDoor.canBeRedirectedTo {
            throw Failure(.usage, "--transparent needs Linux: no other system tells where a connection was going")
        }
        let login = try login()
        return try routes.map { try door($0) } + socks.map { .socks(listen: $0, login: login) }
    }

    private static func listen(_ text: String) throws -> ListenAddress {
        do { return try ListenAddress(parsing: text) } catch { throw ValidationError("\(error)") }
    }

    private func door(_ text: String) throws -> FrontDoor {
        guard transparent else { return .route(try ProxyCommand.route(text)) }
        guard !text.contains("=") else {
            let route = try ProxyCommand.route(text)
            guard route.server.scheme != .smtpMX else {
                throw Failure(.usage, "the route '\(text)' can't be transparent: smtp+mx looks for a server itself")
            }
            return .redirected(listen: route.listen, server: route.server)
        }
        do { return .redirected(listen: try ListenAddress(parsing: text), server: nil) } catch {
            throw Failure(.usage, "\(error)")
        }
    }

    private func login() throws -> SOCKSLogin? {
        guard let socksUser else { return nil }
        guard
            let password = try socksPasswordFile.map({ try PasswordFile.firstLine($0) })
                ?? Terminal.variable("MAILTAP_PASSWORD")
        else {
            throw Failure(.usage, "--socks-user needs a password: give --socks-password-file, or set MAILTAP_PASSWORD")
        }
        guard let login = SOCKSLogin(name: socksUser, password: password) else {
            throw Failure(.usage, "a name and a password of SOCKS have at most 255 octets each (RFC 1929)")
        }
        return login
    }
}
