import MailTapAnalysis
import MailTapCore

#if canImport(Glibc)
    import Glibc
#endif

/// Fuzzes the decoder and the session builder: the first octet chooses what is expected and whether the start was seen, then
/// each step is one octet that says who speaks (or that octets are lost, or a side closes), one length, and the octets.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDialogue(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = UnsafeBufferPointer(start: data, count: size)[...]
    let options = input.popFirst() ?? 0
    var info = SessionInfo(
        source: "fuzz", client: Endpoint(address: nil, port: 1), server: Endpoint(address: nil, port: 25),
        started: Timestamp(nanoseconds: 0), expecting: [nil, .smtp, .pop3, .imap][Int(options & 3)])
    info.startSeen = options & 4 == 0
    info.isKnownMail = options & 8 != 0
    let builder = SessionBuilder(info, limits: Limits(lineLength: 256, undecided: 1_024, pendingReplies: 16))
    var lengths: [Side: UInt64] = [.client: 0, .server: 0]
    var time = Timestamp(nanoseconds: 0)
    while let step = input.popFirst(), let length = input.popFirst() {
        time = time.advanced(by: 1_000)
        let side: Side = step & 1 == 0 ? .client : .server
        switch step >> 1 & 15 {
        case 0:
            builder.mark(.gap(side, UInt64(length)), at: time)
            lengths[side, default: 0] += UInt64(length)
        case 1: builder.mark(.eof(side), at: time)
        case 2: builder.mark(.tls(TLSMark(start: .starttls, isDecrypted: length & 1 == 0, client: .init())), at: time)
        default:
            let octets = Array(input.prefix(Int(length)))
            input = input.dropFirst(octets.count)
            if octets.isEmpty { continue }
            builder.receive(octets.span.bytes, from: side, at: time)
            lengths[side, default: 0] += UInt64(octets.count)
        }
    }
    builder.end(at: time)
    let session = builder.session
    precondition(session.clientBytes + session.clientMissing == lengths[.client], "octets of the client are not accounted for")
    precondition(session.serverBytes + session.serverMissing == lengths[.server], "octets of the server are not accounted for")
    return 0
}
