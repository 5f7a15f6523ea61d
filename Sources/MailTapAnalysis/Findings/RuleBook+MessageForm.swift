import MailTapCore

extension RuleBook {
    /// The form of what messages say of themselves: dates, media types, transfer encodings, reports.
    static let messageForm: [Rule] = [
        Rule(
            "message.bad-quoted-printable", .syntax, .warning, .client, "Quoted-printable that encodes nothing",
            "RFC 2045 section 6.7",
            "An equals sign stands for itself only as =3D, and octets above 127 are encoded: what readers show in their place differs.",
            remedy: "Encode the part anew."),
        Rule(
            "message.bad-content-type", .syntax, .warning, .client, "Content-Type that is no media type",
            "RFC 2045 section 5.1",
            "A media type has a type and a subtype with a slash between. Readers take the part for plain text, or guess, each in another way.",
            remedy: "Name a media type, such as text/plain."),
        Rule(
            "message.bad-transfer-encoding", .syntax, .warning, .client, "Transfer encoding that can't stand there",
            "RFC 2045 section 6.4",
            "Multiparts and embedded messages are never encoded as a whole, and an encoding that nobody knows can't be undone: readers and filters see different things.",
            remedy: "Encode the leaves alone, as base64 or quoted-printable; declare 7bit, 8bit or binary around them."),
        Rule(
            "message.8bit-in-7bit", .syntax, .warning, .client, "Octets above 127 in a part that is 7bit",
            "RFC 2045 section 2.7",
            "Who is told 7bit need not keep the eighth bit: letters are damaged on the way.",
            remedy: "Encode the part, or declare 8bit."),
        Rule(
            "message.bad-date", .syntax, .warning, .client, "Date that is none", "RFC 5322 section 3.3",
            "The Date field can't be read: programs show and sort the message by another date, and filters distrust it.",
            remedy: "Write it as in Mon, 23 Nov 2026 06:00:00 +0000."),
        Rule(
            "message.mbox-line", .syntax, .warning, .client, "Line of an mbox file in the header section",
            "RFC 5322 section 2.2",
            "\"From \" and a blank begin a message in an mbox file and are no field; for some programs the body begins there.",
            remedy: "Remove the line when taking a message out of the file."),
        Rule(
            "message.report-broken", .syntax, .warning, .client, "Delivery report without what it must say",
            "RFC 3464 section 2.3",
            "Of each recipient a report gives Final-Recipient, Action and Status; programs that read reports pass over one where something is missing, and nobody learns of the failure.",
            remedy: "Give each recipient all three fields, with a known action and a status such as 5.1.1."),
        Rule(
            "message.delivered-twice", .semantics, .note, nil, "Message delivered twice to one mailbox", "RFC 9228",
            "Each delivery adds a Delivered-To field. The same one twice means that the mailbox forwards the message, and gets it back: a loop, unless somebody ends it.",
            remedy: "Look at the mailbox's forwarding rules."),
    ]
}
