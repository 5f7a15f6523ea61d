"""captures/: what the packet path reads from tcpdump's files is what the client that made them accounts for."""

import json
from pathlib import Path

from account import differences
from mailtap import analyze

CAPTURES = Path(__file__).resolve().parents[3] / "captures"
OPAQUE = {"smtp-starttls", "pop3-stls", "proxy-starttls"}
# What the proxy changed on the way is in neither side's account alone.
CHANGED = {"proxy-strip"}
# TLS whose secrets are in the file.
DECRYPTED = {"tls13-smtps", "tls12-starttls", "tls12-pop3s", "tls13-stls"}


def run(checks, bench):
    for path in sorted(CAPTURES.iterdir()):
        name = path.name.split(".")[0]
        if path.suffix in (".md", "") or path.is_dir():
            continue
        if name in CHANGED:
            sessions = analyze(path)
            checks.holds(f"{path.name}: says what went on in place of what came",
                         '"forwarded"' in json.dumps(sessions), sessions)
            continue
        accounts = json.loads((CAPTURES / "accounts" / f"{name}.json").read_text())
        # A recording of the proxy's has nothing to reveal.
        for revealed in (False,) if path.suffix == ".mailtap" else (False, True):
            sessions = analyze(path, *(["--reveal"] if revealed else []))
            label = f"{path.name}{', revealed' if revealed else ''}"
            if not checks.equal(f"{label}: sessions", len(sessions), len(accounts)):
                continue
            for account, session in zip(accounts, sessions):
                found = differences(account, session, opaque=name in OPAQUE, revealed=revealed,
                                    decrypted=name in DECRYPTED)
                checks.none(f"{label}: session {session['session']} as its client accounts for it", found)
