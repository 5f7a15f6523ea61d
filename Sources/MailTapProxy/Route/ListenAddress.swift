import MailTapCore

/// Where a route listens: `PORT`, `HOST:PORT` or `[IPv6]:PORT`; the host is 127.0.0.1 unless one is named.
public struct ListenAddress: Sendable, Hashable {
    /// Host name or address, without brackets.
    public var host: String
    /// TCP port; 0 takes a free one.
    public var port: UInt16

    /// An address to listen on.
    public init(host: String = "127.0.0.1", port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `PORT`, `HOST:PORT` or `[IPv6]:PORT`.
    ///
    /// - Throws: `RouteError`, for a person to read.
    public init(parsing text: some StringProtocol) throws(RouteError) {
        func wrong(_ what: String) -> RouteError {
            RouteError(
                description: "can't listen on '\(text)': \(what); write PORT, HOST:PORT or [IPv6]:PORT, "
                    + "for example 2525, 0.0.0.0:2525 or [::1]:2525")
        }
        do throws(HostAndPort.Problem) {
            if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) {
                self.init(port: try HostAndPort.number(text))
                return
            }
            let (host, port) = try HostAndPort.split(text)
            guard let port else { throw HostAndPort.Problem(what: "the port is missing") }
            self.init(host: host, port: port)
        } catch {
            throw wrong(error.what)
        }
    }

    /// Whether only this machine can connect to it; false for a name other than `localhost`, which nobody resolved yet.
    public var isLoopback: Bool {
        IPAddress(host)?.isLoopback ?? (host.lowercased() == "localhost")
    }
}

extension ListenAddress: CustomStringConvertible {
    /// `host:port`, with brackets around IPv6.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
