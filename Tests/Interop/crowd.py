"""Many connections at once: a server in a process of its own that greets them all, or never says a word."""

import contextlib
import resource
import selectors
import socket
import subprocess
import sys

GREETING, TAKEN = b"220 crowd\r\n", b"250 ok\r\n"


def raise_descriptors():
    """Raises the soft limit of open files to the hard one and returns it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextlib.contextmanager
def server(*manner):
    """Runs the server below as a process; gives its port. `manner` may be `mute`."""
    process = subprocess.Popen([sys.executable, "-B", __file__, *manner], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def serve(is_mute):
    """Greets each connection and answers each line; or only reads."""
    raise_descriptors()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    print(listener.getsockname()[1], flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        connection, _ = listener.accept()
                        connection.setblocking(False)
                        selector.register(connection, selectors.EVENT_READ)
                        if not is_mute:
                            connection.send(GREETING)
                continue
            try:
                octets = key.fileobj.recv(1 << 16)
                if octets and not is_mute:
                    key.fileobj.send(TAKEN * octets.count(b"\n"))
            except BlockingIOError:
                continue
            except OSError:
                octets = b""
            if not octets:
                selector.unregister(key.fileobj)
                key.fileobj.close()


if __name__ == "__main__":
    serve("mute" in sys.argv[1:])
