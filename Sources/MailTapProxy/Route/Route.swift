public import MailTapCore

/// One way through the proxy: where it listens, and which server stands behind it (`LISTEN=URL`).
public struct Route: Sendable, Hashable {
    /// Where clients connect to.
    public var listen: ListenAddress
    /// The server.
    public var server: MailURL
    /// The URL as it was written, for messages.
    public var urlText: String
    /// The whole route as it was written, for records.
    public var text: String
    /// Whether the server's scheme is a guess: what is said alone tells the protocol.
    var isGuess = false
    /// The server's name where `server` has its address alone.
    var serverName: String?

    /// A route by its parts.
    public init(listen: ListenAddress, server: MailURL) {
        self.listen = listen
        self.server = server
        urlText = server.description
        text = "\(listen)=\(server)"
    }

    /// Reads `LISTEN=URL`.
    ///
    /// - Throws: `RouteError`, for a person to read.
    public init(parsing text: some StringProtocol) throws(RouteError) {
        let text = String(text)
        guard let equals = text.firstIndex(of: "=") else {
            throw RouteError(
                description: "'\(text)' is no route: the '=' between LISTEN and URL is missing "
                    + "(--transparent does without); an example: 2525=smtp://mail.example.org")
        }
        let url = text[text.index(after: equals)...]
        listen = try ListenAddress(parsing: text[..<equals])
        do {
            server = try MailURL(parsing: url)
        } catch {
            throw RouteError(description: "the route '\(text)' leads nowhere: \(error)")
        }
        urlText = String(url)
        self.text = text
    }
}

extension Route: CustomStringConvertible {
    /// The route as it was written.
    public var description: String { text }
}
