/// What a message's header section and body show beyond subject and parts; every claim in it is the sender's.
public struct MessageFacts: Sendable, Equatable {
    /// Whether the first line that is no field, or an empty one, came at all: there is a header section.
    public var hasHeaderSection = false
    /// Names of the fields that say how the message was authenticated, in lower case, in order, each once:
    /// `dkim-signature`, `arc-seal`, `arc-message-signature`, `arc-authentication-results`, `authentication-results`,
    /// `received-spf`.
    public var authentication: [String] = []
    /// Signing domains (`d=`) of the DKIM-Signature fields (RFC 6376 section 3.5), in order; at most 32.
    public var dkimDomains: [String] = []
    /// Names of the List-* fields (RFC 2369, 2919, 8058), in lower case, in order, each once.
    public var list: [String] = []
    /// Host names of the Received chain (RFC 5321 section 4.4), newest first, as the `by` clauses say; `?` where one
    /// says nothing; at most 128.
    public var receivedBy: [String] = []
    /// The first Received fields' bodies, newest first, each behind an LF: read only where their way is shown.
    var receivedFields: [UInt8] = []
    /// Number of Received fields.
    public var receivedCount = 0
    /// Auto-Submitted's keyword (RFC 3834), in lower case; nil if absent.
    public var autoSubmitted: String?
    /// Cc as written, decoded; nil if absent.
    public var cc: String?
    /// Reply-To as written, decoded; nil if absent.
    public var replyTo: String?
    /// The machine-readable part of a report, read; nil where there is none.
    public var report: MessageReport?
    /// Number of Date and From fields; RFC 5322 section 3.6 wants one of each.
    public var dateCount = 0, fromCount = 0
    /// Fields that may stand once (RFC 5322 section 3.6) and stand more often, in lower case, in the RFC's order.
    public var repeatedFields: [String] = []
    /// Whether an octet above 127 stands in a header section, or behind the message's own.
    public var has8BitHeader = false, has8BitBody = false
    /// Whether the message's own header section holds lines that are no UTF-8 (RFC 6532 section 3.2).
    public var hasOddHeader = false
    /// Line ends of LF alone, CRs without LF behind them, and NULs, in the whole message (RFC 5321 section 2.3.8).
    public var bareLineFeeds: UInt64 = 0, bareCarriageReturns: UInt64 = 0, nuls: UInt64 = 0
    /// Length in octets of the longest line, line end not counted (RFC 5322 section 2.1.1 allows 998).
    public var longestLine: UInt64 = 0
    /// Lines behind the header section and the empty line that ends it; one without a line end does not count.
    public var bodyLines: UInt64 = 0
    /// What is wrong with its form.
    public var defects: Set<MessageDefect> = []

    /// Nothing known.
    public init() {}
}

/// What can be wrong with a message's form.
public enum MessageDefect: String, Sendable, Hashable, CaseIterable {
    /// The header section ends with a line that is neither a field nor empty (RFC 5322 section 2.1).
    case headerWithoutEnd
    /// The header section is longer than what is kept of it.
    case headerTooLong
    /// A multipart without a boundary parameter (RFC 2046 section 5.1.1).
    case boundaryMissing
    /// A multipart in which no boundary line stands (RFC 2046 section 5.1.1).
    case boundaryNotFound
    /// A multipart whose closing boundary line never came (RFC 2046 section 5.1.1).
    case boundaryNotClosed
    /// Multiparts or embedded messages lie deeper than is followed; the innermost is taken as one leaf.
    case tooDeep
    /// More parts than are listed.
    case tooManyParts
    /// Octets that are no base64 inside a base64 part (RFC 2045 section 6.8).
    case badBase64
    /// A base64 part whose last group of digits is not whole (RFC 2045 section 6.8).
    case base64CutOff
    /// A quoted-printable part with an `=` that encodes nothing, or octets above 127 (RFC 2045 section 6.7).
    case badQuotedPrintable
    /// A Content-Type that is no media type; the part is read as plain text (RFC 2045 section 5.2).
    case badContentType
    /// A multipart or an embedded message with a transfer encoding of its own (RFC 2045 section 6.4).
    case compositeEncoded
    /// A transfer encoding that nobody knows, and whose name does not begin with `x-` (RFC 2045 section 6.3).
    case unknownEncoding
    /// A part that says that it is 7bit and holds octets above 127 (RFC 2045 section 2.7).
    case eightBitIn7Bit
    /// A Date field that is no date (RFC 5322 section 3.3).
    case badDate
    /// The line with which an mbox file begins a message, in the message's header section (RFC 5322 section 2.2).
    case mboxLine
    /// A delivery report that says of a recipient too little, or what is not known (RFC 3464 section 2.3).
    case reportBroken
    /// The same Delivered-To twice (RFC 9228).
    case deliveredTwice
    /// A text part's octets can't be of the charset that it declares.
    case charsetContradicted
}

/// A delivery or disposition report's machine-readable part (RFC 3464, 8098, 5965).
public struct MessageReport: Sendable, Equatable {
    /// What a report says of one recipient.
    public struct Recipient: Sendable, Equatable {
        /// Final-Recipient's address, or Original-Recipient's where that is missing.
        public var address: String
        /// Action (RFC 3464 section 2.3.3), in lower case: failed, delayed, delivered, relayed, expanded.
        public var action: String?
        /// Status (RFC 3464 section 2.3.4), such as `5.1.1`.
        public var status: String?
        /// Diagnostic-Code's text (RFC 3464 section 2.3.6).
        public var diagnostic: String?
    }

    /// The part's media type, such as `message/delivery-status`.
    public var type: String
    /// Reporting-MTA's or Reporting-UA's name; nil if absent.
    public var reporter: String?
    /// The recipients, at most 1,000; for a disposition notification the one that it speaks of.
    public var recipients: [Recipient] = []
    /// Recipients of a delivery report that have no name.
    public var unnamedRecipients = 0
    /// Whether a delivery report says of a recipient less than RFC 3464 section 2.3 asks for, or what it does not know.
    var isBroken = false
    /// Disposition (RFC 8098 section 3.2.6) or Feedback-Type (RFC 5965 section 3.1); nil if absent.
    public var disposition: String?

    static let actions: Set<String> = ["failed", "delayed", "delivered", "relayed", "expanded"]

    static let types: Set<String> = [
        "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
        "message/global-disposition-notification", "message/feedback-report",
    ]
}
