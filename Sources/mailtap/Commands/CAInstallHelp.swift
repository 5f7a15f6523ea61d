import ArgumentParser
import MailTapTLS

extension CACommand {
    /// `ca install-help`.
    struct InstallHelp: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "install-help", abstract: "How to make programs and systems trust the authority.")

        func run() throws {
            let store = try CACommand.store()
            _ = try CACommand.authority(store)
            var out = try StandardOutput()
            try out.append { $0 += Array(Self.text(store.certificatePath).utf8) }
            try out.flush()
        }

        static func text(_ path: String) -> String {
            """
            The certificate that clients must trust is \(path)
            ('mailtap ca export' prints it). One program, which is all that debugging needs:

              curl              --cacert \(path)
              openssl s_client  -CAfile \(path) -verify_return_error
              swaks             --tls-verify --tls-ca-path \(path)
              Python            ssl.create_default_context(cafile="\(path)"), or SSL_CERT_FILE=\(path)
              msmtp, mpop       tls_trust_file \(path)
              fetchmail         sslcertck, sslcertfile \(path)
              mutt, neomutt     set certificate_file="\(path)"
              Postfix (client)  smtp_tls_CAfile = \(path)
              Java              keytool -importcert -alias mailtap -file \(path) -keystore mailtap.jks
              Thunderbird       Settings, Privacy & Security, Certificates, Manage Certificates, Authorities, Import

            A whole system, which then believes whoever has the key file beside it:

              Debian, Ubuntu    cp \(path) /usr/local/share/ca-certificates/mailtap.crt && update-ca-certificates
              Fedora, RHEL      cp \(path) /etc/pki/ca-trust/source/anchors/mailtap.pem && update-ca-trust
              Alpine            as Debian
              macOS             security add-trusted-cert -d -k /Library/Keychains/System.keychain \(path)

            To take it back: remove the file and run the same command again; on macOS, delete it in Keychain Access.

            """
        }
    }
}
