import MailTapCore
import MailTapTLS

/// One beginning of TLS, from the agreement to the moment at which both legs speak plaintext again.
///
/// ```
/// client's hello (where it comes first) -> the server's leg -> the go-ahead goes on -> the client's hello -> its leg
/// ```
/// The server's leg comes first wherever that is possible, so that a failure there can still be told in clear and the
/// client be shown the names of the server's certificate.
struct TLSSwitch: Sendable {
    /// How far a leg is.
    enum LegState: Sendable { case notWanted, waiting, running, ready }

    /// Plaintext of one leg that came before the other was ready.
    struct Early: Sendable {
        var side: Side
        var octets: [UInt8]
        /// It stands in the record already.
        var isRecorded = false
    }

    let start: TLSMark.Start
    /// Whether the client's hello is waited for before anything else, because it comes unasked.
    var helloFirst = false
    var server: LegState
    var client: LegState
    /// The server's agreement, to be sent on when its leg is ready.
    var goAhead: TLSFollower.GoAhead?
    /// What the server sent behind its agreement.
    var serverOctets: [UInt8] = []
    var reader = ClientHelloReader()
    var hello: ClientHello?
    var upstream: TLSMark.Leg?
    var clientLeg = TLSMark.Leg()
    /// Why there is no server to speak to, in words; the client is told when it can be.
    var failure: String?
    var early: [Early] = []
    /// How much of each side's stream is recorded.
    var recorded: (client: UInt64, server: UInt64) = (0, 0)

    /// What the server's leg is to begin with.
    var serverOpening: TLSOpening {
        TLSOpening(
            serverName: hello?.serverName, applicationProtocols: hello?.applicationProtocols ?? [],
            octets: serverOctets)
    }

    /// What the client's leg is to begin with.
    var clientOpening: TLSOpening {
        TLSOpening(
            serverName: hello?.serverName, applicationProtocols: hello?.applicationProtocols ?? [],
            octets: reader.octets)
    }

    /// What the record is told.
    func mark(isDecrypted: Bool = true) -> Mark {
        .tls(TLSMark(start: start, isDecrypted: isDecrypted, client: clientLeg, upstream: upstream))
    }
}
