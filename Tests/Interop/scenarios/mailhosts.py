"""smtp+mx: the mail host of a domain, as DNS names it (RFC 5321 section 5)."""

import socket

from dnsserver import DNSServer
from mailtap import Proxy
from tlsserver import TLSServer, certificate


def run(checks, bench):
    pem = certificate(bench.work, "mx", "DNS:mx.example.test")
    with TLSServer(pem) as host:
        # The host that is preferred takes no connection: the next one does.
        records = {("example.test", "MX"): [(20, "mx.example.test"), (10, "dead.example.test")],
                   ("mx.example.test", "A"): ["127.0.0.1"], ("dead.example.test", "A"): ["127.0.0.2"],
                   ("plain.test", "A"): ["127.0.0.1"], ("null.test", "MX"): [(0, "")]}
        for label, truncates in (("UDP", False), ("TCP where truncated", True)):
            with DNSServer(records, truncates) as dns:
                session, told = _session(checks, f"example.test over {label}", dns, host, "example.test")
                checks.equal(f"{label}: the server's name", session["server"]["name"], "mx.example.test")
                lookup = session["lookup"]
                checks.equal(f"{label}: the record says which MX led there",
                             [lookup[key] for key in ("name", "type", "domain", "preference")],
                             ["mx.example.test", "A", "example.test", 20])
                order = ["10 dead.example.test, 20 mx.example.test", "dead.example.test: 127.0.0.2",
                         "can't connect to dead.example.test", "mx.example.test: 127.0.0.1"]
                places = [told.find(step) for step in order]
                checks.holds(f"{label}: standard error tells the steps in order",
                             min(places) >= 0 and places == sorted(places), told)
                checks.holds(f"{label}: asked", any(t == ("tcp" if truncates else "udp") and kind == "MX"
                                                   for t, _, kind in dns.asked), dns.asked)
        with DNSServer(records) as dns:
            session, _ = _session(checks, "a domain without MX", dns, host, "plain.test")
            checks.equal("a domain without MX: itself", session["server"]["name"], "plain.test")
            checks.equal("a domain without MX: no exchanger of it", session["lookup"]["domain"], None)
            for domain, words in (("null.test", "takes no mail"), ("nowhere.test", "no such domain")):
                session, _ = _session(checks, domain, dns, host, domain, greeting=b"421 ")
                checks.holds(f"{domain}: the record says why", words in str(session["troubles"]), session["troubles"])
        for label, mangles in (("another id", lambda a: bytes([a[0] ^ 1]) + a[1:]),
                               ("pointers in circles", lambda a: a[:12] + b"\xc0\x0c" + a[14:])):
            with DNSServer(records, mangles=mangles) as dns:
                session, _ = _session(checks, label, dns, host, "example.test", greeting=b"421 ")
                checks.holds(f"{label}: no answer", "no DNS server answers" in str(session["troubles"]), session)


def _session(checks, name, dns, host, domain, greeting=b"220 "):
    """One session through the proxy, and what the proxy said of it on standard error."""
    with Proxy({"mx": f"smtp+mx://{domain}:{host.port}"}, "--dns", f"127.0.0.1:{dns.port}", "--format",
               "ndjson") as proxy:
        with socket.create_connection(proxy.at["mx"], timeout=40) as peer:
            heard = peer.recv(1000)
            checks.holds(f"{name}: the client hears {greeting.decode()}", heard.startswith(greeting), heard)
            peer.sendall(b"QUIT\r\n")
        return proxy.wait_sessions(1)[0], proxy.error_text
