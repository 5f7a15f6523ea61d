extension Vocabulary {
    /// Mechanisms of SASL that are registered or in use, in lower case.
    static let mechanisms = set(
        """
        plain login cram-md5 digest-md5 scram-sha-1 scram-sha-1-plus scram-sha-256 scram-sha-256-plus scram-sha-512 \
        xoauth2 oauthbearer external anonymous ntlm gssapi gs2-krb5 kerberos_v4 apop otp msn spnego
        """)

    /// Keys of MAIL, RCPT, XCLIENT and XFORWARD, in lower case.
    static let parameters = set(
        """
        size body smtputf8 ret notify envid orcpt auth by mt-priority holdfor holduntil rrvs requiretls transid \
        name addr port proto helo login destaddr destport source ident xverp
        """)

    /// Those whose values are numbers and words of the protocol.
    static let plainParameters = set("size body ret notify by mt-priority holdfor holduntil port proto destport source")

    /// Such words.
    static let parameterValues = set(
        "7bit 8bitmime binarymime full hdrs never success failure delay smtp esmtp lmtp local remote n r t z")
}
