import MailTapCore

extension RuleBook {
    /// TLS and TCP, whatever the protocol above.
    static let transport: [Rule] = [
        Rule(
            "tls.certificate", .semantics, .warning, .server, "Server's certificate not valid", "RFC 7817 section 3",
            "The certificate could not be verified: a man in the middle would look the same.",
            remedy: "Renew or complete the certificate chain; use the name that it is made out for."),
        Rule(
            "tls.old-version", .semantics, .warning, nil, "Outdated version of TLS", "RFC 8996 section 2",
            "SSL 3, TLS 1.0 and 1.1 are deprecated: their digests and ciphers can be attacked.",
            remedy: "Allow TLS 1.2 and 1.3 only."),
        Rule(
            "tls.weak-cipher", .semantics, .warning, nil, "Weak cipher suite", "RFC 9325 section 4.1",
            "The cipher suite protects little or nothing: no encryption, no authentication, export keys, RC4 or blocks of 64 bits.",
            remedy: "Allow AEAD suites only (AES-GCM, ChaCha20-Poly1305)."),
        Rule(
            "tls.alert", .semantics, .warning, nil, "TLS ended by an alert", "RFC 8446 section 6.2",
            "A side gave TLS up and said why: often a certificate that it does not trust, or no version or cipher suite that both take.",
            remedy: "See what the alert names: certificate, version, cipher suite or name."),
        Rule(
            "tls.decrypt-failed", .synchronization, .note, nil, "TLS that could not be decrypted",
            "RFC 8446 section 5.2",
            "There are secrets, but not all of the session could be decrypted: octets are missing, were altered, or need other secrets.",
            remedy: "Capture without loss, from the connection's first packet; log the secrets of every connection."),
        Rule(
            "tcp.gap", .synchronization, .note, nil, "Octets missing from the capture", "RFC 9293 section 3.4",
            "Part of the dialogue was not captured; what follows may be read wrong.",
            remedy: "Capture closer to a peer, with a bigger buffer and the full snapshot length."),
        Rule(
            "tcp.conflict", .semantics, .warning, nil, "Segments overlap with different octets",
            "RFC 9293 section 3.10",
            "The same place of the stream came twice with different content; the first is shown. Peers may have taken the other: an attack on inspection, or a broken stack.",
            remedy: "See which host sent the second segment."),
        Rule(
            "tcp.snapshot-length", .synchronization, .note, nil, "Packets cut off by the snapshot length",
            "RFC 9293 section 3.1",
            "The capture kept only the beginning of each packet; what it left out is missing from lines and messages.",
            remedy: "Capture whole packets: tcpdump -s 0."),
        Rule(
            "tcp.buffer-limit", .synchronization, .note, nil, "More waited for missing octets than is kept",
            "RFC 9293 section 3.4",
            "Octets, a direction or a connection were given up, so that memory stays bounded: a flood, or a capture whose packets are far out of order.",
            remedy: "Put the packets in the order of their times (reordercap, mergecap), or look for who floods."),
        Rule(
            "tcp.out-of-window", .semantics, .note, nil, "Segment far outside the window", "RFC 9293 section 3.10.7.4",
            "A segment's number lies so far from its connection's that no peer takes it: it is forged, damaged, or of an older connection on the same ports. It was left out.",
            remedy: "See which host sent it."),
        Rule(
            "tcp.after-fin", .semantics, .note, nil, "Octets behind a FIN", "RFC 9293 section 3.10.7.4",
            "A side that said FIN has no more to say, and its peer drops what comes behind: a broken stack, or octets meant for whoever listens. They were left out.",
            remedy: "See which host sent them."),
        Rule(
            "decode.undecided", .synchronization, .note, nil, "Too much waited for the other side",
            "RFC 5321 section 4.3.1",
            "More octets came without the answer that decides their meaning than MailTap keeps; they were read without it.",
            remedy: "See whether one direction is missing in the capture."),
        Rule(
            "decode.roles-turned", .synchronization, .note, nil, "Roles exchanged: the rest is not decoded",
            "RFC 2645",
            "The server agreed to ATRN or TURN: from here the server speaks as the client and the client as the server. What follows was relayed and recorded, and is not decoded; what looks like a login in it is masked.",
            remedy: "Nothing is wrong where both are meant to; TURN, unlike ATRN, proves nobody's identity."),
    ]

    /// Messages, whatever carried them.
    static let messages: [Rule] = [
        Rule(
            "message.date-missing", .semantics, .warning, .client, "Message without Date", "RFC 5322 section 3.6",
            "Every message has one Date field; filters distrust those without.",
            remedy: "Add a Date field when composing."),
        Rule(
            "message.from-missing", .semantics, .warning, .client, "Message without From", "RFC 5322 section 3.6",
            "Every message has one From field; DMARC can't be judged without.",
            remedy: "Add a From field when composing."),
        Rule(
            "message.field-repeated", .semantics, .warning, .client, "Field that may stand once stands twice",
            "RFC 5322 section 3.6",
            "Date, From, To, Subject, Message-ID and others may stand once. Programs differ in which of several they show, which attackers use.",
            remedy: "Remove all but one."),
        Rule(
            "message.loop", .semantics, .error, nil, "Message that goes round in circles", "RFC 5321 section 6.3",
            "Each server on the way adds a Received field. More than a hundred of them mean that two or more servers send the message to each other for ever.",
            remedy: "Look at the newest Received fields for the hosts that repeat, and at their forwarding rules."),
        Rule(
            "message.header-without-end", .syntax, .warning, .client, "Header section ends without an empty line",
            "RFC 5322 section 2.1",
            "A line that is neither a field nor empty ends the header section; programs differ in where the body begins.",
            remedy: "Put an empty line between header section and body."),
        Rule(
            "message.header-too-long", .syntax, .warning, .client, "Header section over 256 KiB",
            "RFC 5322 section 2.1.1",
            "The header section is longer than is read; servers refuse such messages.", remedy: "Shorten it."),
        Rule(
            "message.multipart-broken", .syntax, .warning, .client, "Multipart that does not parse",
            "RFC 2046 section 5.1.1",
            "The boundary is missing, never stands in the body, or is never closed; parts are lost or shown as text.",
            remedy: "Write each multipart with its boundary parameter and a closing boundary line."),
        Rule(
            "message.too-complex", .syntax, .note, .client, "Parts nested or numbered beyond what is read",
            "RFC 2046 section 5.1",
            "More than 64 levels or 10,000 parts: filters that give up there can be got around.",
            remedy: "Refuse such messages."),
        Rule(
            "message.bad-base64", .syntax, .warning, .client, "Base64 part that is not well-formed",
            "RFC 2045 section 6.8",
            "Readers skip other octets and guess at a last group that is not whole; a filter that does not sees another file than the recipient.",
            remedy: "Encode the part anew."),
        Rule(
            "message.charset-contradicted", .syntax, .note, .client, "Text that is not in its declared charset",
            "RFC 2046 section 4.1.2",
            "The octets can't be of the charset that the part declares; readers show wrong letters.",
            remedy: "Declare the charset that is used."),
    ]
}
