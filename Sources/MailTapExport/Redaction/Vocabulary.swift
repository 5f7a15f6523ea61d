import MailTapCore

/// Words that name nobody: what protocols, servers and message formats say everywhere.
enum Vocabulary {
    /// Labels of host names that tell nothing.
    static let hostLabels = set("mail smtp mx pop pop3 imap localhost localdomain relay www ns mta submission")

    /// Words of replies, in lower case.
    static let prose = ReplyWords.ordinary

    /// Words of Received lines (RFC 5321 section 4.4) and of the registries they name.
    static let trace = set(
        "from by with id for via smtp esmtp esmtps esmtpa esmtpsa lmtp lmtps lmtpa lmtpsa utf8smtp utf8smtps http https local tcp ipv6"
    )

    /// Words of dates (RFC 5322 section 3.3).
    static let date = set(
        """
        mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec gmt utc ut est edt cst cdt mst mdt \
        pst pdt cet cest bst z
        """)

    /// Keys inside SASL messages (RFC 5802, 2831, 7628).
    static let saslKeys = set(
        """
        n y r s i c p v a m user auth host port username realm nonce cnonce nc qop digest-uri response maxbuf charset \
        algorithm cipher authzid
        """)

    /// What servers ask for in AUTH LOGIN.
    static let prompts = set("username: password: username password")

    /// Parameters of MIME fields (RFC 2045, 2183, 2231 and the media types' own), without pieces' numbers.
    static let fieldParameters = set(
        """
        charset boundary name filename format delsp type start start-info report-type protocol micalg size \
        creation-date modification-date read-date access-type smime-type method
        """)

    /// Those of them whose values tell how to read the content, and nothing of it.
    static let keptParameters = set("charset format delsp type report-type protocol micalg size smime-type")

    /// Top-level media types (RFC 2046, 2077, 8081) and content dispositions (RFC 2183).
    static let mediaTypes = set(
        "text image audio video application multipart message font model chemical attachment inline form-data")

    /// Whether it is the name of a charset, as they are registered.
    static func isCharset(_ name: [UInt8]) -> Bool {
        let text = String(decoding: name, as: UTF8.self).lowercased()
        let families = [
            "utf", "us-ascii", "ascii", "ansi", "iso", "latin", "windows", "cp", "ibm", "koi8", "gb", "big5", "shift",
            "euc", "ks_c", "mac", "tis", "hz", "unknown-8bit", "x-mac", "x-unknown",
        ]
        return name.count <= 24 && families.contains { text.hasPrefix($0) }
    }

    /// Names of header fields that everybody uses, in lower case.
    static let fields = set(
        """
        from to cc bcc sender reply-to subject date message-id in-reply-to references comments keywords return-path \
        received delivered-to envelope-to resent-from resent-to resent-cc resent-bcc resent-sender resent-date \
        resent-message-id mime-version content-type content-transfer-encoding content-disposition content-id \
        content-description content-language content-location content-base content-md5 content-length lines status \
        x-status x-uid x-keywords x-mailer user-agent x-priority priority importance x-msmail-priority \
        x-spam-status x-spam-score x-spam-level x-spam-flag x-spam-checker-version x-virus-scanned x-original-to \
        x-originating-ip x-forwarded-to x-loop x-report-abuse precedence auto-submitted list-id list-help \
        list-unsubscribe list-unsubscribe-post list-subscribe list-post list-owner list-archive errors-to \
        dkim-signature domainkey-signature authentication-results received-spf arc-seal arc-message-signature \
        arc-authentication-results autocrypt organization thread-topic thread-index disposition-notification-to \
        return-receipt-to original-message-id feedback-id mailing-list sensitivity encoding apparently-to
        """)

    /// Values of Content-Transfer-Encoding and MIME-Version.
    static let encodings = set("7bit 8bit binary base64 quoted printable")

    /// Words of IMAP that let a reader see it as such (RFC 9051).
    static let imap = set("ok no bad bye preauth imap4rev1 imap4rev2 capability login logout select ready")

    static func set(_ words: String) -> Set<[UInt8]> {
        Set(words.split { $0 == " " || $0 == "\n" }.map { Array($0.utf8) })
    }
}
