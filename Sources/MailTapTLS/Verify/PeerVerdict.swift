/// What was found when a server's certificate was checked.
public struct PeerVerdict: Sendable, Hashable {
    /// What is wrong, in words, such as `the certificate expired on 2024-05-01`; nil: nothing.
    public var problem: String?
    /// Why nothing is: who vouches for the certificate, the name it is for, its last day.
    public var reason: String?
    /// The certificates that the server showed, its own first.
    public var chain: [CertificateFacts]

    /// Whether the server is who it should be.
    public var isVerified: Bool { problem == nil }

    /// What was found.
    public init(problem: String?, reason: String? = nil, chain: [CertificateFacts]) {
        self.problem = problem
        self.reason = reason
        self.chain = chain
    }
}
