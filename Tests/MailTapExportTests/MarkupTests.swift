import Foundation
import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct MarkupTests {
    private let items = [Samples.smtp, Samples.pop3, Samples.hostile].map {
        ExportItem(
            session: $0, contents: [Samples.content + Array("</pre><script>alert(3)</script>\u{1B}[2J\r\n".utf8)])
    }

    @Test func `the page holds the sessions and fetches nothing`() {
        let page = Samples.export(HTMLExport(), items)
        #expect(page.hasPrefix("<!doctype html>"))
        #expect(page.contains("default-src 'none'; style-src 'unsafe-inline'"))
        #expect(page.contains("MAIL FROM:&lt;a@example.org&gt; SIZE=1200"))
        #expect(page.contains(##"<a href="#s1e7">exchange 7</a>"##) && page.contains(#"id="s1e7""#))
        #expect(page.contains("<svg "))
        for pattern in ["src=", "href=\"http", "url(", "<link", "@import", "<iframe", "<object"] {
            #expect(!page.replacing("src=x onerror", with: "").contains(pattern), "\(pattern)")
        }
        let document = try? XMLDocument(xmlString: xhtml(page))
        #expect(document != nil)
    }

    /// The page with the elements that HTML leaves open closed, so that an XML parser can judge its nesting.
    private func xhtml(_ page: String) -> String {
        page.replacing("<!doctype html>", with: "").replacing(#/<meta ([^>]*)>/#) { "<meta \($0.1)/>" }
            .replacing("<details open>", with: "<details>")
    }

    @Test func `nothing a peer says becomes markup`() {
        let page = Samples.export(HTMLExport(), items)
        #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("onload=\"x"))
        #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) })
        #expect(!page.contains("AHRlc3QAc2VjcmV0"))
        #expect(Samples.export(HTMLExport(ExportOptions(reveal: true)), items).contains("AHRlc3QAc2VjcmV0"))
    }

    @Test func `a tunnel is told wherever the ends are`() {
        var session = Samples.smtp
        session.tunnels = [
            SessionTunnel(
                Tunnel(kind: .httpConnect, target: Endpoint(address: nil, port: 25, name: "mx.example.org")))
        ]
        let items = [ExportItem(session: session)]
        #expect(Samples.export(HTMLExport(), items).contains("inside HTTP CONNECT to mx.example.org"))
        #expect(Samples.export(MarkdownExport(), items).contains("| tunnel | inside HTTP CONNECT to mx.example.org"))
        #expect(Samples.export(MermaidExport(), items).contains("inside HTTP CONNECT to mx.example.org"))
    }

    @Test func `Markdown fences its transcript and escapes its tables`() {
        var session = Samples.hostile
        session.exchanges[0].command?.line = Samples.wire("X ```` </pre>")
        session.messages[0].content.subject = "a|b <b>`x`"
        let text = Samples.export(MarkdownExport(), [ExportItem(session: session)])
        #expect(text.contains("\n`````text\n") && text.contains("\n`````\n"))
        #expect(text.contains(#"a\|b \<b\>\`x\`"#))
    }

    @Test func `a diagram has one line per command and reply`() {
        let text = Samples.export(MermaidExport(), items)
        #expect(
            text.hasPrefix(
                "sequenceDiagram\n    participant p1 as client 192.0.2.7\n    participant p2 as mail.example.org#58;25\n"
            ))
        #expect(text.components(separatedBy: "participant p1 ").count == 2)
        #expect(text.contains("    p1->>p2: MAIL FROM#58;#60;a@example.org#62; SIZE=1200\n"))
        #expect(text.contains("    p2--xp1: 550 5.1.1"))
        for line in text.split(separator: "\n").dropFirst() {
            let said = line.contains(": ") ? line[(line.range(of: ": ")?.upperBound ?? line.startIndex)...] : ""
            #expect(
                !said.contains("<") && !said.contains("\u{1B}")
                    && !said.replacing(#/#[0-9]+;/#, with: "").contains("#"), "\(line)")
        }
    }
}
