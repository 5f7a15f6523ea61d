"""Two hosts of our own, as network namespaces, with a link between them that loses, doubles and reorders packets.

The link is a pair of TUN devices and a thread that carries packets from one to the other; VXLAN runs over it. Only
addresses made here are used, and nothing outside the two namespaces is touched.
"""

import ctypes
import fcntl
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

from record_captures import Tcpdump

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
# Of each host: on the link itself, and inside VXLAN.
OUTER = ("10.9.0.1", "10.9.0.2")
INNER = ("10.8.0.1", "10.8.0.2")
INNER6 = ("fd00:8::1", "fd00:8::2")


def _ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


class Link:
    """Context manager: the two hosts and what joins them; `OSError` or `CalledProcessError` where the machine has no such
    devices."""

    def __init__(self, seed=1, loss=0.02, double=0.04, late=0.08):
        self._random = random.Random(seed)
        self._rates = loss, double, late
        self.names = [f"mailtap-{os.getpid()}-{side}" for side in ("client", "server")]
        self._listeners, self._tuns, self._ends = [], [], os.pipe()

    def __enter__(self):
        try:
            for side, name in enumerate(self.names):
                _ip("netns", "add", name)
                self._tuns.append(self.inside(side, self._open_tun))
                for words in (("link", "set", "lo", "up"), ("addr", "add", f"{OUTER[side]}/24", "dev", "wire"),
                              ("link", "set", "wire", "mtu", "1400", "up"),
                              ("link", "add", "over", "type", "vxlan", "id", "5", "dstport", "4789", "local", OUTER[side],
                               "remote", OUTER[1 - side]),
                              ("addr", "add", f"{INNER[side]}/24", "dev", "over"),
                              ("addr", "add", f"{INNER6[side]}/64", "dev", "over", "nodad"),
                              # Too much for the wire: what VXLAN sends comes in fragments.
                              ("link", "set", "over", "mtu", "1500", "up")):
                    _ip("-n", name, *words)
        except Exception:
            self.__exit__()
            raise
        threading.Thread(target=self._carry, daemon=True).start()
        return self

    def __exit__(self, *_):
        os.write(self._ends[1], b"x")
        for listener in self._listeners:
            listener.close()
        for name in self.names:
            _ip("netns", "del", name, check=False)

    def inside(self, side, function):
        """The result of a function that runs inside a host: sockets that it makes stay there."""
        result = []

        def run():
            with open(f"/var/run/netns/{self.names[side]}") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    result.append(OSError(ctypes.get_errno(), "setns"))
                    return
            try:
                result.append(function())
            except Exception as error:
                result.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if isinstance(result[0], Exception):
            raise result[0]
        return result[0]

    @staticmethod
    def _open_tun():
        tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
        return tun

    def _carry(self):
        loss, double, late = self._rates
        held = []
        while True:
            ready, _, _ = select.select([*self._tuns, self._ends[0]], [], [], 0.002)
            if self._ends[0] in ready:
                for descriptor in (*self._tuns, *self._ends):
                    os.close(descriptor)
                return
            for tun in ready:
                packet, other = os.read(tun, 65536), self._tuns[1 - self._tuns.index(tun)]
                chance = self._random.random()
                if chance < loss:
                    continue
                if chance < loss + late:
                    held.append((time.monotonic() + 0.004, other, packet))
                    continue
                for _ in range(2 if chance < loss + late + double else 1):
                    self._send(other, packet)
            while held and held[0][0] <= time.monotonic():
                self._send(*held.pop(0)[1:])

    @staticmethod
    def _send(tun, packet):
        try:
            os.write(tun, packet)
        except OSError:
            pass  # the host is going away

    def serve(self, address, port):
        """Lets the server's host answer on a port with what this machine's loopback has there."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self.inside(1, lambda: socket.create_server((address, port), family=family))
        self._listeners.append(listener)
        threading.Thread(target=self._accept, args=[listener, port], daemon=True).start()

    @staticmethod
    def _accept(listener, port):
        while True:
            try:
                outside, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port))
            for pair in ((outside, server), (server, outside)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()


class Dump(Tcpdump):
    """Captures on an interface of the client's host."""

    def __init__(self, link, interface, path):
        super().__init__(path, 0, [])
        self._command = ["ip", "netns", "exec", link.names[0], "tcpdump", "-i", interface, "--immediate-mode", "-U", "-n",
                         "-B", "262144", "-s", "0", "-w", str(path)]


def _pump(source, sink):
    try:
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
