/// What a server says of a bearer token that it does not take, as JSON (RFC 7628 section 3.2.2; XOAUTH2 does the same).
enum OAuthFailure {
    static func sentence(_ octets: [UInt8]) -> String {
        guard let object = JSONObject(octets) else {
            return "The server refuses the token, in words that are no JSON object (RFC 7628 section 3.2.2); an empty "
                + "response ends it"
        }
        // RFC 7628 names the first four, RFC 6750 and RFC 6749 section 5.2 the others, which servers send as well.
        let details = [
            ("status", "status"), ("scope", "scope"), ("schemes", "schemes"),
            ("openid-configuration", "OpenID configuration at"), ("error", "error"),
            ("error_description", "described as"),
        ].compactMap { name, words in object[name].map { "\(words) \(ShownText.of($0))" } }
        return "The server refuses the token" + (details.isEmpty ? "" : ": " + details.joined(separator: ", "))
            + "; an empty response ends it"
    }
}
