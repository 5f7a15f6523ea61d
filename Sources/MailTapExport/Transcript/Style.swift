/// How a piece of the transcript stands out on a terminal (ECMA-48 SGR).
enum Style {
    case plain
    /// What the client says.
    case client
    /// What the server says.
    case server
    /// A refusal by the server.
    case refusal
    /// Times and notes beside the dialogue.
    case aside
    /// What stands in for a message or a secret.
    case folded
    /// `===` lines.
    case event
    case error
    case warning

    /// Parameters of the control sequence; empty for none.
    ///
    /// Only colours that are readable on dark and light alike.
    private var parameters: StaticString {
        switch self {
        case .plain, .server: ""
        case .client: "36"
        case .refusal: "31"
        case .aside: "2"
        case .folded: "35"
        case .event: "1"
        case .error: "1;31"
        case .warning: "33"
        }
    }

    /// Appends what `body` appends, in this style where colours are on.
    func append(to out: inout [UInt8], color: Bool, _ body: (inout [UInt8]) -> Void) {
        let parameters = parameters
        guard color, parameters.utf8CodeUnitCount > 0 else { return body(&out) }
        out.append("\u{1B}[")
        out.append(parameters)
        out.append("m")
        body(&out)
        out.append("\u{1B}[0m")
    }
}
