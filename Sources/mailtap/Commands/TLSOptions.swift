import ArgumentParser
import MailTapCore
import MailTapProxy
import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `--tls`: what the proxy does about TLS.
enum TLSMode: String, ExpressibleByArgument, CaseIterable {
    case intercept, pass, strip
}

/// `--client-tls`, `--server-tls`: how TLS begins on one leg.
enum LegMode: String, ExpressibleByArgument, CaseIterable {
    case same, none, starttls, implicit

    var leg: LegTLS? {
        switch self {
        case .same: nil
        case .none: LegTLS.none
        case .starttls: .starttls
        case .implicit: .implicit
        }
    }
}

/// A version of TLS on the command line: `1.2`.
struct TLSVersionName: ExpressibleByArgument, CustomStringConvertible {
    var version: TLSVersions.Version
    var description: String { version.rawValue }

    init(_ version: TLSVersions.Version) { self.version = version }

    init?(argument: String) {
        guard let version = TLSVersions.Version(rawValue: argument) else { return nil }
        self.version = version
    }
}

/// The options of `proxy` about TLS.
struct TLSOptions: ParsableArguments {
    @Option(
        help: """
            What to do about TLS: intercept (look inside), pass (relay ciphertext) or strip (hide STARTTLS and STLS).
            """)
    var tls = TLSMode.intercept

    @Option(help: ArgumentHelp("TLS with clients: same, none, starttls or implicit.", valueName: "how"))
    var clientTls = LegMode.same

    @Option(help: ArgumentHelp("TLS with servers: same, none, starttls or implicit.", valueName: "how"))
    var serverTls = LegMode.same

    @Option(help: ArgumentHelp("Trust the certificate authorities of a PEM file too.", valueName: "path"))
    var upstreamCa: String?

    @Flag(help: "Take any certificate of a server; what is wrong is recorded.")
    var upstreamInsecure = false

    @Option(help: ArgumentHelp("Certificate (PEM) for servers that ask for one.", valueName: "path"))
    var upstreamCert: String?

    @Option(help: ArgumentHelp("Its private key; may stand in the same file.", valueName: "path"))
    var upstreamKey: String?

    @Option(
        help: ArgumentHelp(
            "Certificate and chain (PEM) to show to clients: PATH, or LISTEN=PATH for one route. Repeatable.",
            valueName: "path"))
    var cert: [String] = []

    @Option(help: ArgumentHelp("Its private key, in the same form; may stand in the same file.", valueName: "path"))
    var key: [String] = []

    @Option(help: ArgumentHelp("Append the secrets of both legs (NSS key log); also SSLKEYLOGFILE.", valueName: "path"))
    var keylog: String?

    @Option(help: ArgumentHelp("Oldest TLS for clients: 1.0, 1.1, 1.2 or 1.3.", valueName: "version"))
    var clientTlsMin = TLSVersionName(.tls12)

    @Option(help: ArgumentHelp("Newest TLS for clients.", valueName: "version"))
    var clientTlsMax = TLSVersionName(.tls13)

    @Option(help: ArgumentHelp("Oldest TLS with servers.", valueName: "version"))
    var serverTlsMin = TLSVersionName(.tls12)

    @Option(help: ArgumentHelp("Newest TLS with servers.", valueName: "version"))
    var serverTlsMax = TLSVersionName(.tls13)

    mutating func validate() throws {
        if clientTlsMin.version > clientTlsMax.version || serverTlsMin.version > serverTlsMax.version {
            throw ValidationError("the oldest TLS version must not be newer than the newest")
        }
        if upstreamKey != nil, upstreamCert == nil { throw ValidationError("--upstream-key needs --upstream-cert") }
        if !key.isEmpty, cert.isEmpty { throw ValidationError("--key needs --cert") }
        if tls != .intercept, clientTls != .same || serverTls != .same {
            throw ValidationError("--client-tls and --server-tls need --tls intercept")
        }
    }

    /// What the proxy is told; files are read here, so that their errors come before anything listens.
    func mode(_ doors: [FrontDoor], keyLog: KeyLogWriter?) throws -> ProxyOptions.TLS {
        switch tls {
        case .pass: return .pass
        case .strip:
            try checkStripping(doors)
            return .strip
        case .intercept:
            try checkLegs(doors)
            do { return .intercept(try interception(doors.map(\.listen), keyLog)) } catch let error as TLSError {
                throw CACommand.failure(error)
            }
        }
    }

    /// The key log that the proxy writes, where it terminates TLS and is to write one.
    func openKeyLog() throws -> KeyLogWriter? {
        guard tls == .intercept, let path = keyLogPath else { return nil }
        do { return try KeyLogWriter(path: path) } catch { throw CACommand.failure(error) }
    }

    private func interception(_ listens: [ListenAddress], _ keyLog: KeyLogWriter?) throws -> Interception {
        var anchors = try TrustAnchors.system()
        if let upstreamCa { anchors = try anchors.adding(file: upstreamCa) }
        let identity = try upstreamCert.map { try TLSIdentity(certificatePath: $0, keyPath: upstreamKey ?? $0) }
        let toServers = ClientTLS(
            PeerVerifier(anchors), identity: identity,
            versions: TLSVersions(from: serverTlsMin.version, to: serverTlsMax.version), keyLog: keyLog)
        let store = try AuthorityStore.inHome()
        CACommand.warnOfExposure(store)
        let toAll = toClients(.authority(store), keyLog)
        let identities = try identities(listens)
        // Whatever speaks against the authority is an error now, not when the first client asks for TLS.
        if listens.contains(where: { listen in !identities.contains { $0.0 == listen } }) {
            try toAll.loadAuthority()
        }
        var interception = Interception(toClients: toAll, toServers: toServers)
        interception.clientTLS = clientTls.leg
        interception.serverTLS = serverTls.leg
        interception.trustsAnything = upstreamInsecure
        for (listen, identity) in identities {
            interception.ofRoutes[listen] = toClients(.identity(identity), keyLog)
        }
        return interception
    }

    private func toClients(_ source: ServerTLS.Source, _ keyLog: KeyLogWriter?) -> ServerTLS {
        ServerTLS(
            source, versions: TLSVersions(from: clientTlsMin.version, to: clientTlsMax.version), keyLog: keyLog,
            now: { CACommand.now })
    }

    /// Hiding STARTTLS needs words in clear.
    private func checkStripping(_ doors: [FrontDoor]) throws {
        if let door = doors.first(where: \.isImplicitTLS) {
            throw Failure(
                .usage,
                "--tls strip can't be had on the route '\(door)': TLS begins there with the first octet, so there is no "
                    + "STARTTLS to hide; --client-tls none lets clients speak in clear to such a server")
        }
        if let door = doors.first(where: \.isIMAP) {
            throw Failure(
                .usage,
                "--tls strip can't be had on the route '\(door)': it hides STARTTLS of SMTP and STLS of POP3, not yet "
                    + "STARTTLS of IMAP; give that route a proxy of its own, with --tls intercept or pass")
        }
    }

    /// STARTTLS on one leg alone needs what is said in a peer's place, which is not done for IMAP.
    private func checkLegs(_ doors: [FrontDoor]) throws {
        guard clientTls == .starttls || serverTls == .starttls, let door = doors.first(where: \.isIMAP) else { return }
        let option = clientTls == .starttls ? "--client-tls" : "--server-tls"
        throw Failure(
            .usage,
            "\(option) starttls can't be had on the route '\(door)': MailTap asks for TLS and offers it in SMTP and "
                + "POP3, not yet in IMAP; a client's own STARTTLS is followed there without it, and none and implicit "
                + "can be had")
    }

    /// The user's own certificates: one for all routes, or each for one.
    private func identities(_ listens: [ListenAddress]) throws -> [(ListenAddress, TLSIdentity)] {
        var found: [(ListenAddress, TLSIdentity)] = []
        for text in cert {
            let (listen, path) = Self.split(text, listens)
            let keyPath = key.lazy.map { Self.split($0, listens) }.first { $0.0 == listen }?.1 ?? path
            let identity = try TLSIdentity(certificatePath: path, keyPath: keyPath)
            found += listens.filter { listen == nil || $0 == listen }.map { ($0, identity) }
        }
        return found
    }

    /// `LISTEN=PATH` where LISTEN is a route's, else a path.
    private static func split(_ text: String, _ listens: [ListenAddress]) -> (ListenAddress?, String) {
        guard let equals = text.firstIndex(of: "="),
            let listen = try? ListenAddress(parsing: text[..<equals]), listens.contains(listen)
        else { return (nil, text) }
        return (listen, String(text[text.index(after: equals)...]))
    }

    private var keyLogPath: String? {
        if let keylog { return keylog }
        guard let value = getenv("SSLKEYLOGFILE"), value[0] != 0 else { return nil }
        return String(cString: value)
    }
}
