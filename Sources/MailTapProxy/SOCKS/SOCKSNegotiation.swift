import MailTapCore
import MailTapTLS

/// The server's side of the opening of SOCKS version 5 (RFC 1928, RFC 1929), as a value: octets in, answers out.
struct SOCKSNegotiation: Sendable {
    /// What the client's octets so far amount to.
    enum Outcome: Sendable, Equatable {
        /// More is to come.
        case incomplete
        /// It wants to go there; what it said behind that.
        case target(Endpoint, behind: [UInt8])
        /// It can't be served, for this reason.
        case refused(String)
    }

    private enum State: Sendable { case offer, login, request, over }

    private static let noLogin: UInt8 = 0
    private static let withLogin: UInt8 = 2

    private let login: SOCKSLogin?
    private var state = State.offer
    private var waiting: [UInt8] = []
    /// What is to be said to the client, before anything else is done.
    private(set) var answer: [UInt8] = []

    /// - Parameter login: the only one that is let in; nil: everybody is, whatever they call themselves.
    init(login: SOCKSLogin?) { self.login = login }

    /// The answer, which is then said.
    mutating func takeAnswer() -> [UInt8] {
        defer { answer = [] }
        return answer
    }

    /// Takes octets as they came.
    mutating func receive(_ octets: some Sequence<UInt8>) -> Outcome {
        waiting += octets
        while true {
            let before = state
            let outcome = step()
            guard case .incomplete = outcome, state != before else { return outcome }
        }
    }

    private mutating func step() -> Outcome {
        var reader = OctetReader(waiting[...])
        switch state {
        case .offer:
            guard let version = reader.number(1) else { return .incomplete }
            guard version == 5 else { return refuse(Self.stranger(version)) }
            guard let methods = reader.vector(1) else { return .incomplete }
            return choose(Array(methods))
        case .login:
            guard let version = reader.number(1) else { return .incomplete }
            guard version == 1 else { return refuse("its login is not of the form of RFC 1929") }
            guard let name = reader.vector(1), let password = reader.vector(1) else { return .incomplete }
            let isRight = login?.matches(name: name, password: password) ?? true
            answer += [1, isRight ? 0 : 1]
            guard isRight else { return refuse("name or password is wrong") }
            return goOn(to: .request, behind: 3 + name.count + password.count)
        case .request: return request(&reader)
        case .over: return .incomplete
        }
    }

    private mutating func choose(_ methods: [UInt8]) -> Outcome {
        let wanted = login == nil ? [Self.noLogin, Self.withLogin] : [Self.withLogin]
        guard let method = wanted.first(where: methods.contains) else {
            answer += [5, 0xFF]
            return refuse(
                login == nil ? "it offers no way to log in that is known here" : "it does not log in with a name")
        }
        answer += [5, method]
        return goOn(to: method == Self.withLogin ? .login : .request, behind: 2 + methods.count)
    }

    private mutating func request(_ reader: inout OctetReader) -> Outcome {
        guard let version = reader.number(1), let command = reader.number(1), reader.number(1) != nil,
            let kind = reader.number(1)
        else { return .incomplete }
        guard version == 5 else { return refuse("its request is not of SOCKS version 5", .failed) }
        var length = 6
        let address: IPAddress?
        var name: String?
        switch kind {
        case 1, 4:
            let width = kind == 1 ? 4 : 16
            guard let octets = reader.take(width) else { return .incomplete }
            address = IPAddress(octets: octets)
            length += width
        case 3:
            guard let octets = reader.vector(1) else { return .incomplete }
            let text = String(decoding: octets, as: UTF8.self)
            address = IPAddress(text)
            name = text
            length += 1 + octets.count
        default: return refuse("it gives the server's address in an unknown form", .addressNotSupported)
        }
        guard let port = reader.number(2) else { return .incomplete }
        guard command == 1 else { return refuse("it asks for something else than to connect", .commandNotSupported) }
        guard port != 0, address != nil || (name.flatMap { try? HostAndPort.split($0) })?.port == .some(nil) else {
            return refuse("it asks for no server that could be connected to", .failed)
        }
        state = .over
        let target = Endpoint(
            address: address, port: UInt16(truncatingIfNeeded: port), name: address == nil ? name : nil)
        return .target(target, behind: Array(waiting.dropFirst(length)))
    }

    private mutating func goOn(to next: State, behind length: Int) -> Outcome {
        waiting.removeFirst(min(length, waiting.count))
        state = next
        return .incomplete
    }

    private mutating func refuse(_ reason: String, _ reply: SOCKSReply? = nil) -> Outcome {
        if let reply { answer += reply.octets() }
        state = .over
        return .refused(reason)
    }

    private static func stranger(_ first: Int) -> String {
        switch first {
        case 4: "it speaks SOCKS version 4; let it use version 5 (socks5h)"
        case 65...90, 97...122: "it does not speak SOCKS; this is no mail server and no HTTP proxy"
        case 22: "it begins with TLS; SOCKS comes first"
        default: "it does not speak SOCKS version 5"
        }
    }
}
