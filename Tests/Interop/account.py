"""Comparing a client's own account of a session with MailTap's JSON."""

import json
import re

MASK = re.compile(r"\[redacted \d+ octets?\]")


def account(wire):
    """The account of a Wire as plain values, to be kept in a file."""
    return {"client": {"address": wire.peer[0], "port": wire.peer[1]}, "sent": len(wire.sent),
            "received": len(wire.received), "exchanges": wire.exchanges, "messages": wire.messages,
            "secrets": wire.secrets}


def differences(wanted, session, opaque=False, revealed=False, ending="quit", compare_client=True,
                decrypted=False):
    """What differs between an account and MailTap's session, as readable lines; none where nothing does.

    `opaque`: after the last exchange TLS began, so the octets and the ending are not in the account.
    `revealed`: secrets are shown, not masked.
    `decrypted`: TLS began, and the account is of the plaintext.
    """
    found = []

    def same(what, got, expected):
        if got != expected:
            found.append(f"{what}: got {got!r}, wanted {expected!r}")

    if compare_client:
        same("client", {k: session["client"][k] for k in ("address", "port")}, wanted["client"])
    same("client_missing", session["bytes"]["client_missing"], 0)
    same("server_missing", session["bytes"]["server_missing"], 0)
    if not opaque:
        same("octets of the client", session["bytes"]["client"], wanted["sent"])
        same("octets of the server", session["bytes"]["server"], wanted["received"])
        same("ending", session["ending"], ending)
        if decrypted:
            same("tls decrypted", (session["tls"] or {}).get("decrypted"), True)
        else:
            same("tls", session["tls"], None)
    same("number of exchanges", len(session["exchanges"]), len(wanted["exchanges"]))
    for index, (got, expected) in enumerate(zip(session["exchanges"], wanted["exchanges"])):
        at = f"exchange {index}"
        if expected["command"] is None or got["command"] is None:
            same(f"{at}, command", got["command"], expected["command"])
        else:
            same(f"{at}, verb", got["command"]["verb"], expected["command"]["verb"])
            line, start = expected["command"]["line"], expected.get("secret_from")
            if start is None or revealed:
                same(f"{at}, line", got["command"]["line"], line)
            elif not _masks(got["command"]["line"], line, start):
                found.append(f"{at}, line: {got['command']['line']!r} does not mask {line!r} from {start}")
        _reply(same, at, got["reply"], expected["reply"])
        same(f"{at}, data", got.get("data"), expected.get("data"))
    same("number of messages", len(session["messages"]), len(wanted["messages"]))
    for index, (got, expected) in enumerate(zip(session["messages"], wanted["messages"])):
        for key, value in expected.items():
            same(f"message {index}, {key}", got.get(key), value)
    return found


def _reply(same, at, got, expected):
    if got is None:
        same(f"{at}, reply", got, expected)
        return
    same(f"{at}, status", got["status"], expected["status"])
    if expected["status"].isdigit():
        same(f"{at}, enhanced", got.get("enhanced"), expected["enhanced"])
    # A POP3 status without a text may be shown as no line.
    same(f"{at}, lines", [l for l in got["lines"] if l] or [], [l for l in expected["lines"] if l] or [])


def _masks(got, line, start):
    return got.startswith(line[:start]) and MASK.search(got) is not None and line[start:] not in got


def dialogue_of(session):
    """What a recording, a dialogue file and the live view must agree on, as text that compares.

    Times, notes and numbers are left out: times are a file format's, numbers an INPUT's.
    """
    exchanges = []
    for exchange in session["exchanges"]:
        kept = {k: v for k, v in exchange.items() if k not in ("at", "note", "reply")}
        reply = exchange["reply"]
        kept["reply"] = reply and {k: v for k, v in reply.items() if k != "latency"}
        exchanges.append(kept)
    return json.dumps({"protocol": session["protocol"], "exchanges": exchanges, "messages": session["messages"]},
                      sort_keys=True, ensure_ascii=False)


def by_client(sessions):
    """Sessions by the client's port."""
    return {s["client"]["port"]: s for s in sessions}
