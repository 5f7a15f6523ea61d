public import MailTapCore

/// What a replay sends, step by step, made from one recorded session.
public struct ReplayPlan: Sendable, Equatable {
    /// SMTP or POP3.
    public var proto: MailProtocol
    /// Whether the server's first words were recorded, and so are waited for and compared.
    public var hasGreeting: Bool
    /// The status of the recorded greeting.
    public var greeting: ReplyStatus?
    /// What is sent, in this order.
    public var steps: [ReplayStep]
    /// Recorded exchanges that a client can't bring about, such as a server's farewell at a timeout, and why.
    public var beyondReach: [Int: String]
    /// Whether the recording goes on under TLS that was not decrypted: nobody knows how.
    public var endsUnreadably = false

    /// A plan of these steps.
    public init(
        proto: MailProtocol, hasGreeting: Bool, greeting: ReplyStatus?, steps: [ReplayStep],
        beyondReach: [Int: String] = [:]
    ) {
        self.proto = proto
        self.hasGreeting = hasGreeting
        self.greeting = greeting
        self.steps = steps
        self.beyondReach = beyondReach
    }
}

/// One thing that a replay does.
public struct ReplayStep: Sendable, Equatable {
    /// What is done.
    public enum Action: Sendable, Equatable {
        /// Send this line.
        case command([UInt8])
        /// Send these octets, dot-stuffed, with the end mark.
        case content([UInt8])
        /// Send this BDAT line and the octets of its chunk.
        case chunk(line: [UInt8], octets: [UInt8])
        /// Send this line, STARTTLS or STLS, and go on under TLS.
        case startTLS([UInt8])
        /// Log in with SASL, as the recording did.
        case sasl(SASLLogin)
        /// Send USER with the name of the credentials, or this line where they have none.
        case user([UInt8])
        /// Send PASS with the password of the credentials; this line where there are none and it is known.
        case password([UInt8]?)
        /// Send APOP, for this user where the credentials name none.
        case apop(String)
        /// Nothing, for this reason.
        case notPlayed(String)
    }

    /// What is done.
    public var action: Action
    /// The verb of the recorded command.
    public var verb: String
    /// The recorded exchanges that the step stands for; several for a SASL login.
    public var exchanges: Range<Int>
    /// The recorded status of the (last) reply; nil where none was seen.
    public var expected: ReplyStatus?
    /// Whether the recorded client sent it before the reply to the step before was there.
    public var isPipelined = false
    /// DATA, BDAT: whether the recorded client said it though no recipient had been accepted.
    public var hadNoRecipient = false
    /// Nanoseconds that the recorded client let pass between the reply before and this.
    public var pause: Int64 = 0
}

/// A recorded SASL login that succeeded.
public struct SASLLogin: Sendable, Equatable {
    /// The mechanism's name as the client wrote it.
    public var mechanism: String
    /// Whether the AUTH command carried an initial response.
    public var hasInitialResponse: Bool
    /// The user name of the recording, where it can be read there.
    public var user: String?
    /// The recorded lines, AUTH first, where they hold the secrets and fit any challenge (PLAIN, LOGIN).
    public var verbatim: [[UInt8]]?
}
