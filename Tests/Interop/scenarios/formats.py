"""The other export formats, each read by a reader that others wrote, or checked against its grammar."""

import csv
import email
import hashlib
import html.parser
import io
import json
import mailbox
import re
import xml.etree.ElementTree
from pathlib import Path

import mailtap
from mailtap import analyze

CAPTURES = Path(__file__).resolve().parents[3] / "captures"
INPUTS = [CAPTURES / name for name in (
    "smtp-cooked.pcap", "smtp-cooked2.pcap", "smtp-auth-plain.pcap", "pop3-all-commands.pcap", "smtp-helo.pcap",
    "lmtp.pcap", "proxy-strip.mailtap")]

# Whatever a peer may say to break a page, a table, a diagram, a mailbox or a spreadsheet.
HOSTILE = r"""S: 220 <script>alert(1)</script> | `x` -->> "y" 'z'
C: EHLO <img/src=x/onerror=alert(1)>
S: 250-]]></testcase><evil>
S: 250 =cmd|'/C calc'!A0
C: MAIL FROM:<"><svg/onload=alert(1)>@example.org>
S: 250 2.1.0 Ok; participant evil as x
C: RCPT TO:<javascript:alert(1)@example.org>
S: 250 2.1.5 Ok %% #35; end
C: DATA
S: 354 Go
C: Subject: </title><script>alert(2)</script> ```
C: From: "x" <a@example.org>
C: Content-Type: text/html; name="\x22 onload=\x22alert(3)"
C:
C: From here on
C: >From there
C: <script>fetch('http://example.org/')</script><img src=x>
C: \x1b[31m\x00\x9b </pre></details>
C: .
S: 250 2.0.0 not ok 1 - 1..9
C: QUIT
S: 221 bye
"""


def run(checks, bench):
    hostile = bench.work / "hostile-page.dialogue"
    hostile.write_text(HOSTILE)
    for name, inputs in (("captures", INPUTS), ("hostile", [hostile])):
        sessions = analyze(*inputs)
        _messages(checks, bench, name, inputs, sessions)
        _tables(checks, name, inputs, sessions)
        _findings(checks, name, inputs, sessions)
        _page(checks, name, inputs, sessions)
        _markup(checks, name, inputs, sessions)


def _export(inputs, format, *options):
    result = mailtap.run("export", *inputs, "--format", format, *options)
    if result.status != 0:
        raise RuntimeError(repr(result))
    return result


def _messages(checks, bench, name, inputs, sessions):
    wanted = [m for s in sessions for m in s["messages"]]
    folder = bench.work / f"eml-{name}"
    _export(inputs, "eml", "-o", folder)
    files = sorted(folder.glob("*.eml"))
    checks.equal(f"{name}, eml: a file for each message", [hashlib.sha256(f.read_bytes()).hexdigest() for f in files],
                 [m["sha256"] for m in wanted])
    parsed = [email.message_from_bytes(f.read_bytes()) for f in files]
    checks.equal(f"{name}, eml: Python's email reads the same Message-IDs",
                 [(p["Message-ID"] or "").strip("<> \t\r\n") or None for p in parsed], [m["message_id"] for m in wanted])
    checks.equal(f"{name}, eml: and as many parts",
                 [sum(not part.is_multipart() for part in p.walk()) for p in parsed], [len(m["parts"]) for m in wanted])
    path = bench.work / f"{name}.mbox"
    _export(inputs, "mbox", "-o", path)
    box = mailbox.mbox(path, create=False)
    unquoted = [re.sub(rb"^>(>*From )", rb"\1", box.get_bytes(key), flags=re.M) for key in box.keys()]
    plain = [f.read_bytes().replace(b"\r\n", b"\n") for f in files]
    checks.equal(f"{name}, mbox: Python's mailbox reads the same messages",
                 [u.replace(b"\r\n", b"\n").rstrip(b"\n") for u in unquoted], [p.rstrip(b"\n") for p in plain])


def _tables(checks, name, inputs, sessions):
    rows = list(csv.reader(io.StringIO(_export(inputs, "csv").out.decode(), newline="")))
    checks.equal(f"{name}, csv: a record for each exchange, under headings", len(rows) - 1,
                 sum(len(s["exchanges"]) for s in sessions))
    checks.equal(f"{name}, csv: all of the same width", {len(row) for row in rows}, {len(rows[0])})
    checks.none(f"{name}, csv: no cell is a formula", [c for row in rows for c in row if c[:1] in "=+@\t\r" and c[:1]])
    listed = list(csv.DictReader(io.StringIO(mailtap.run("list", *inputs, "--format", "csv").out.decode(), newline="")))
    checks.equal(f"{name}, list as csv: a record for each session", [int(r["session"]) for r in listed],
                 [s["session"] for s in sessions])


def _findings(checks, name, inputs, sessions):
    findings = [f for s in sessions for f in s["findings"]]
    for command in ("export", "check"):
        log = mailtap.run(command, *inputs, "--format", "sarif").json()
        run_ = log["runs"][0]
        checks.equal(f"{name}, {command} sarif: version", (log["version"], run_["tool"]["driver"]["name"]),
                     ("2.1.0", "MailTap"))
        checks.equal(f"{name}, {command} sarif: a result for each finding", [r["ruleId"] for r in run_["results"]],
                     [f["rule"] for f in findings])
        rules = [r["id"] for r in run_["tool"]["driver"]["rules"]]
        checks.none(f"{name}, {command} sarif: each rule is described, once", [
            r["ruleId"] for r in run_["results"] if rules.count(r["ruleId"]) != 1])
        checks.none(f"{name}, {command} sarif: levels", [r for r in run_["results"] if r["level"] not in
                                                         ("error", "warning", "note")])
        root = xml.etree.ElementTree.fromstring(mailtap.run(command, *inputs, "--format", "junit").out)
        suites = [root] if root.tag == "testsuite" else list(root.iter("testsuite"))
        cases = list(root.iter("testcase"))
        failed = sum(case.find("failure") is not None for case in cases)
        checks.holds(f"{name}, {command} junit: read, and its counts are true",
                     sum(int(s.get("tests")) for s in suites) == len(cases) > 0
                     and sum(int(s.get("failures")) for s in suites) == failed, (len(cases), failed))
        errors = len({s["session"] for s in sessions for f in s["findings"] if f["severity"] == "error"})
        checks.holds(f"{name}, {command} junit: fails where an error is", (failed > 0) == (errors > 0), (failed, errors))
        lines = mailtap.run(command, *inputs, "--format", "tap").text.splitlines()
        tests = [re.match(r"(not )?ok (\d+)\b", line) for line in lines]
        numbers = [int(m[2]) for m in tests if m]
        plans = [re.fullmatch(r"1\.\.(\d+)", line) for line in lines]
        plan = [int(m[1]) for m in plans if m]
        checks.equal(f"{name}, {command} tap: a plan, and tests numbered through", (plan, numbers),
                     ([len(numbers)], list(range(1, len(numbers) + 1))))


class _Page(html.parser.HTMLParser):
    """Collects what a browser would see, and what it must not."""
    VOID = {"meta", "br", "line", "path", "hr"}
    ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "div", "table", "tr", "th", "td", "a",
               "section", "header", "span", "details", "summary", "dl", "dt", "dd", "pre", "p", "code", "b", "i", "ul", "li",
               "svg", "line", "path", "text", "nav", "main", "footer"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong, self.open, self.ids, self.links, self.text = [], [], set(), [], []

    def handle_starttag(self, tag, attributes):
        if tag not in self.ALLOWED:
            self.wrong.append(tag)
        for key, value in attributes:
            if key.startswith("on") or key in ("src", "srcset", "action", "formaction", "data"):
                self.wrong.append((tag, key, value))
            if key == "href":
                self.links.append(value)
            if key == "id":
                self.ids.add(value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        self.text.append(data)


def _page(checks, name, inputs, sessions):
    octets = _export(inputs, "html").out
    page = _Page()
    page.feed(octets.decode())
    page.close()
    checks.none(f"{name}, html: only known elements, no handlers, all closed", page.wrong + page.open)
    checks.none(f"{name}, html: links lead into the page", [l for l in page.links if not l.startswith("#")
                                                           or l[1:] not in page.ids])
    head = octets.split(b"</head>")[0]
    checks.holds(f"{name}, html: a policy that allows no script and no fetching", b"default-src 'none'" in head
                 and b"script-src" not in head and b"<script" not in octets)
    checks.none(f"{name}, html: nothing is fetched", re.findall(rb"url\(|@import|https?://[^\s<]*\"", octets))
    text = "".join(page.text)
    checks.none(f"{name}, html: every command is there", [
        e["command"]["line"] for s in sessions for e in s["exchanges"]
        if e["command"] and e["command"]["line"].isprintable() and e["command"]["line"] not in text])
    checks.holds(f"{name}, html: no control characters", not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", octets))


def _markup(checks, name, inputs, sessions):
    text = _export(inputs, "markdown").text
    fences = re.findall(r"^(`{3,})(\w*)$", text, re.M)
    checks.holds(f"{name}, markdown: fences open and close", len(fences) % 2 == 0 and all(
        opening[0] == closing[0] for opening, closing in zip(fences[::2], fences[1::2])), fences)
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.M | re.S)
    checks.none(f"{name}, markdown: no markup of a peer's outside of them", re.findall(r"(?<!\\)<\w+", outside))
    widths = [[len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
              for table in re.findall(r"(?:^\|.*\n)+", outside, re.M)]
    checks.none(f"{name}, markdown: tables are rectangular", [w for w in widths if len(set(w)) > 1])
    checks.equal(f"{name}, markdown: a section for each session", len(re.findall(r"^## Session ", outside, re.M)),
                 len(sessions))
    lines = _export(inputs, "mermaid").text.splitlines()
    plain = r"(?:[^;#\x00-\x1f\x7f]|#\d+;)+"
    grammar = re.compile(rf"    (participant p\d+ as {plain}|p\d+(->>|-->>|--x)p\d+: {plain}|Note over p\d+,p\d+: {plain})")
    checks.equal(f"{name}, mermaid: begins as a sequence diagram", lines[0], "sequenceDiagram")
    checks.none(f"{name}, mermaid: every line is one of its grammar",
                [line for line in lines[1:] if not grammar.fullmatch(line)])
    arrows = sum("->>" in line or "--x" in line for line in lines)
    checks.holds(f"{name}, mermaid: an arrow for each command", arrows >= sum(
        e["command"] is not None for s in sessions for e in s["exchanges"]), arrows)
