"""The scenarios in the order in which they run, each with those whose results it uses."""

from scenarios import (captured, clients, edges, lifecycle, live, packets, recordings, redacting, replaying, secrets,
                       transparency, views)

ORDER = [
    ("live", live.run, []),
    ("ipv6", live.ipv6, []),
    ("clients", clients.run, []),
    ("recordings", recordings.run, ["live"]),
    ("commands", recordings.commands, ["live"]),
    ("views", views.run, ["live"]),
    ("replay", replaying.run, ["live"]),
    ("captures", captured.run, []),
    ("redacted", redacting.run, []),
    ("pcapng", packets.run, []),
    ("secrets", secrets.run, []),
    ("refused-logins", secrets.refused, []),
    ("killed", lifecycle.killed, []),
    ("ending", lifecycle.ending, []),
    ("transcript", lifecycle.transcript, []),
    ("unreachable", lifecycle.unreachable, []),
    ("strip", lifecycle.strip, []),
    ("full-disk", lifecycle.full_disk, []),
    ("silence", edges.silence, []),
    ("no-space", edges.no_space, ["live"]),
    ("reader-gone", edges.reader_gone, ["live"]),
    ("comparing", edges.comparing, ["live"]),
    ("keeping-inputs", edges.keeping_inputs, ["live"]),
    ("busy-port", edges.busy_port, []),
    ("transparency", transparency.run, []),
    ("demo", lifecycle.demo, []),
]
