import Foundation
import MailTapExport
import Testing

@testable import mailtap

/// What MailTap reads from a capture, held against what the client that was captured wrote down of it.
@Suite struct AccountTests {
    static let names = Captures.names.filter {
        FileManager.default.fileExists(atPath: account($0).path)
    }

    /// Captures, which keep all that was said; a recording's secrets are masked, and what the proxy changes is in it.
    static let whole = names.filter { !$0.hasSuffix(".mailtap") }

    private static func account(_ name: String) -> URL {
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        return Captures.folder.appendingPathComponent("accounts/\(stem).json")
    }

    @Test(arguments: whole) func sessionsAreWhatTheClientSaw(_ name: String) throws {
        let came = try objects(Data(Captures.export(Captures.sessions(name), .json, reveal: true).utf8))
        let told = try objects(Data(contentsOf: Self.account(name)))
        try #require(came.count == told.count)
        for (session, account) in zip(came, told) {
            let bytes = session["bytes"] as? [String: Any]
            // The account of a client that turned to TLS ends there, unless its plaintext can be read.
            let tls = session["tls"] as? [String: Any]
            let isOpaque = tls != nil && tls?["decrypted"] as? Bool != true
            for (side, key) in [("client", "sent"), ("server", "received")] {
                let seen = try #require(bytes?[side] as? Int)
                let told = try #require(account[key] as? Int)
                #expect(isOpaque ? seen > told : seen == told, "octets of the \(side)")
            }
            compare(session["exchanges"] as? [[String: Any]] ?? [], account["exchanges"] as? [[String: Any]] ?? [])
            let messages = session["messages"] as? [[String: Any]] ?? []
            let expected = account["messages"] as? [[String: Any]] ?? []
            #expect(messages.count == expected.count)
            for (message, want) in zip(messages, expected) {
                for key in ["bytes", "sha256", "exchange", "from", "to", "rejected", "accepted", "complete"] {
                    #expect(text(message[key]) == text(want[key]), "message \(key)")
                }
            }
        }
    }

    @Test(arguments: names) func secretsAreMasked(_ name: String) throws {
        let items = try Captures.sessions(name, keepsTraces: true)
        let secrets = try objects(Data(contentsOf: Self.account(name))).flatMap { $0["secrets"] as? [String] ?? [] }
        for format in [ExportFormat.text, .json, .dialogue, .csv] {
            let shown = Captures.export(items, format)
            for secret in secrets { #expect(!shown.contains(secret), "\(format) shows a secret") }
        }
    }

    private func compare(_ came: [[String: Any]], _ told: [[String: Any]]) {
        #expect(came.count == told.count)
        for (index, (exchange, want)) in zip(came, told).enumerated() {
            let command = exchange["command"] as? [String: Any]
            let wanted = want["command"] as? [String: Any]
            #expect(text(command?["verb"]) == text(wanted?["verb"]), "exchange \(index)")
            #expect(text(command?["line"]) == text(wanted?["line"]), "exchange \(index)")
            let reply = exchange["reply"] as? [String: Any]
            let answer = want["reply"] as? [String: Any]
            for key in ["status", "enhanced", "lines"] {
                #expect(text(reply?[key]) == text(answer?[key]), "exchange \(index) \(key)")
            }
            #expect(text(exchange["data"]) == text(want["data"]), "exchange \(index) data")
        }
    }

    private func objects(_ data: Data) throws -> [[String: Any]] {
        try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    }

    private func text(_ value: Any?) -> String {
        guard let value, !(value is NSNull) else { return "null" }
        return "\(value)"
    }
}
