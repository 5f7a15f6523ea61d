"""The scenarios in the order in which they run, each with those whose results it uses."""

from scenarios import captured, clients, lifecycle, live, recordings, replaying, secrets, transparency, views

ORDER = [
    ("live", live.run, []),
    ("ipv6", live.ipv6, []),
    ("clients", clients.run, []),
    ("recordings", recordings.run, ["live"]),
    ("commands", recordings.commands, ["live"]),
    ("views", views.run, ["live"]),
    ("replay", replaying.run, ["live"]),
    ("captures", captured.run, []),
    ("secrets", secrets.run, []),
    ("refused-logins", secrets.refused, []),
    ("killed", lifecycle.killed, []),
    ("ending", lifecycle.ending, []),
    ("transcript", lifecycle.transcript, []),
    ("unreachable", lifecycle.unreachable, []),
    ("strip", lifecycle.strip, []),
    ("full-disk", lifecycle.full_disk, []),
    ("transparency", transparency.run, []),
    ("demo", lifecycle.demo, []),
]
