"""A private Postfix and a private Dovecot on loopback, for the time of a `with` block.

Both run from one temporary directory, which holds their configuration, queue, mail and logs; nothing under /etc, no
system service and no port of the system's own is touched. Postfix takes mail for example.org and hands it to Dovecot
by LMTP; Dovecot keeps it in Maildirs, serves POP3 and IMAP, and checks passwords for both.

Postfix needs root (it changes to its own user), so whoever uses `Servers` runs as root.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

DOMAIN = "example.org"
USERS = {"alice": "wonderland-7", "bob": "builder-9"}

# The ports that a Wireshark without options decodes; the captures are recorded on these.
STANDARD_PORTS = {
    "smtp": 25, "submission": 587, "smtps": 465, "strict": 2525, "plainest": 2526,
    "banner": 2527, "nodsn": 2528, "limited": 2529, "restricted": 2530,
    "screened": 2531, "behind": 2532,
    "lmtp": 24, "pop3": 110, "pop3s": 995, "imap": 143, "auth": 12345,
}


def free_ports(names):
    """One free loopback port for each name, all different."""
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: s.getsockname()[1] for name, s in sockets.items()}
    for s in sockets.values():
        s.close()
    return ports


def has_ipv6():
    """Whether this machine's loopback speaks IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def wait_for_port(port, host="127.0.0.1", seconds=20, dead=lambda: False):
    """Returns when HOST:PORT accepts connections; raises after `seconds`, or once `dead()` is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not dead():
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {host}:{port}")


class Servers:
    """Context manager: the servers run inside the block and are gone after it.

    `ports` maps a service to its port on 127.0.0.1 (and ::1 where there is IPv6):

    - smtp: STARTTLS and AUTH offered, both optional; submission: AUTH required to send; smtps: TLS from the start
    - strict: as smtp, but every recipient is refused with 554 5.7.1
    - plainest: as smtp, with neither CHUNKING nor PIPELINING nor STARTTLS
    - banner, nodsn, limited, restricted: as smtp, each with one change: another smtpd_banner, no DSN, another limit for
      the size of mails, bob refused
    - screened, behind: postscreen and smtpd that expect a header of the PROXY protocol before anything else
    - lmtp, pop3 (with STLS), pop3s, imap: Dovecot
    - auth: Dovecot's password checks for Postfix
    """

    def __init__(self, ports=None):
        self.root = None
        self._postfix = self._dovecot = None
        self.ports = ports or free_ports(STANDARD_PORTS)
        self.ipv6 = has_ipv6()

    def __enter__(self):
        if os.geteuid() != 0:
            raise SystemExit("the real servers need root: Postfix changes to its own user")
        for program in ("postfix", "dovecot", "openssl"):
            if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
                raise SystemExit(f"{program} is not installed; `make interop-deps` installs what these checks need")
        version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True).stdout
        if not version.startswith("2.3."):
            raise SystemExit(f"the configuration here is for Dovecot 2.3 (Debian 12), not {version.strip()}")
        for port in self.ports.values():
            # A server that is there already would answer in place of ours.
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise SystemExit(f"port {port} on 127.0.0.1 can't be used: {error.strerror}")
        self.root = Path(tempfile.mkdtemp(prefix="mailtap-interop-"))
        self.root.chmod(0o755)  # the servers' own users look inside
        try:
            self._make_certificate()
            self._start_dovecot()
            self._start_postfix()
        except BaseException:
            self._show_logs()
            self.stop()
            raise
        return self

    def __exit__(self, kind, value, traceback):
        self.stop()

    # MARK: what the checks use

    def maildir(self, user):
        return self.root / "mail" / user

    def delivered(self, user):
        """The octets of each message in the user's Maildir, in the order of arrival (Dovecot's file names begin so)."""
        files = [f for folder in ("new", "cur") for f in (self.maildir(user) / folder).glob("*")]
        return [f.read_bytes() for f in sorted(files, key=lambda f: (f.stat().st_mtime_ns, f.name))]

    def wait_delivered(self, user, count, seconds=20):
        """As `delivered`, once there are `count` messages; what is there after `seconds` otherwise."""
        deadline = time.monotonic() + seconds
        while len(self.delivered(user)) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.delivered(user)

    def settle(self, user, seconds=20):
        """Waits until nothing has arrived for a second: what earlier scenarios sent may still be on its way."""
        deadline = time.monotonic() + seconds
        count, since = len(self.delivered(user)), time.monotonic()
        while time.monotonic() - since < 1 and time.monotonic() < deadline:
            time.sleep(0.05)
            if len(self.delivered(user)) != count:
                count, since = len(self.delivered(user)), time.monotonic()

    def put(self, user, message, name):
        """Puts a message (octets, CRLF line ends) into the user's maildrop without a mail transfer."""
        mail = pwd.getpwnam("mail")
        folder = self.maildir(user)
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
            os.chown(folder / part, mail.pw_uid, mail.pw_gid)
        os.chown(folder, mail.pw_uid, mail.pw_gid)
        path = folder / "new" / name
        path.write_bytes(message)
        os.chown(path, mail.pw_uid, mail.pw_gid)

    def empty(self, user):
        """Empties the user's maildrop, once nothing is on its way to it; Dovecot numbers its messages from 1 again."""
        self._await_queue()
        shutil.rmtree(self.maildir(user), ignore_errors=True)

    def _await_queue(self, seconds=20):
        """Waits until Postfix has delivered what it took; what it could not deliver for now does not count."""
        spool = self.root / "postfix" / "spool"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
                files for queue in ("maildrop", "incoming", "active") for _, _, files in os.walk(spool / queue)):
            time.sleep(0.02)

    # MARK: starting

    def _make_certificate(self):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-keyout", "key.pem", "-out", "cert.pem", "-days", "30", "-subj", "/CN=localhost",
                   "-addext", "subjectAltName=DNS:localhost,DNS:mx.example.org,IP:127.0.0.1"]
        subprocess.run(command, cwd=self.root, check=True, capture_output=True)

    def _start_dovecot(self):
        base = self.root / "dovecot"
        base.mkdir()
        (self.root / "mail").mkdir()
        mail = pwd.getpwnam("mail")
        os.chown(self.root / "mail", mail.pw_uid, mail.pw_gid)
        users = base / "users"
        users.write_text("".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in USERS.items()))
        users.chmod(0o644)
        conf = base / "dovecot.conf"
        conf.write_text(DOVECOT_CONF.format(
            root=self.root, base=base, listen="127.0.0.1, ::1" if self.ipv6 else "127.0.0.1",
            first=min(mail.pw_uid, mail.pw_gid), **self.ports))
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(conf)], stdin=subprocess.DEVNULL,
                                         stdout=open(base / "output", "wb"), stderr=subprocess.STDOUT)
        for service in ("pop3", "pop3s", "imap", "lmtp", "auth"):
            wait_for_port(self.ports[service], dead=lambda: self._dovecot.poll() is not None)

    def _start_postfix(self):
        base = self.root / "postfix"
        for name in ("etc", "spool", "data", "log"):
            (base / name).mkdir(parents=True)
        shutil.chown(base / "data", "postfix")
        (base / "etc" / "main.cf").write_text(MAIN_CF.format(
            root=self.root, base=base, domain=DOMAIN, protocols="all" if self.ipv6 else "ipv4",
            mailboxes=", ".join(f"{{ {user}@{DOMAIN} = {user} }}" for user in USERS), **self.ports))
        lines = MASTER_CF + POSTSCREEN_SERVICE.format(**self.ports)
        for host in ("127.0.0.1", "[::1]") if self.ipv6 else ("127.0.0.1",):
            lines += SMTPD_SERVICES.format(host=host, **self.ports)
        (base / "etc" / "master.cf").write_text(lines)
        self._run_postfix("check")  # makes the queue's directories
        # In the foreground and the leader of its own group, so that ending it ends its daemons and leaves no orphan.
        master = self._run_postfix("daemon_directory") + "/master"
        self._postfix = subprocess.Popen([master, "-c", str(base / "etc"), "-d"], start_new_session=True,
                                         stdin=subprocess.DEVNULL, stdout=open(base / "output", "wb"),
                                         stderr=subprocess.STDOUT)
        for service in ("smtp", "submission", "smtps", "strict", "plainest", "banner", "nodsn", "limited", "restricted",
                        "screened", "behind"):
            wait_for_port(self.ports[service], dead=lambda: self._postfix.poll() is not None)

    def _run_postfix(self, what):
        etc = str(self.root / "postfix" / "etc")
        command = ["postfix", "-c", etc, "check"] if what == "check" else ["postconf", "-c", etc, "-h", what]
        environment = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {result.stderr or result.stdout}")
        return result.stdout.strip()

    # MARK: stopping

    def stop(self):
        """Ends both servers and removes the directory. Only processes that this object started are signalled."""
        if self.root is None:
            return
        for server in (self._postfix, self._dovecot):
            if server is not None:
                server.terminate()
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()
        shutil.rmtree(self.root, ignore_errors=True)
        self.root = None

    def _show_logs(self):
        for log in ("dovecot/output", "dovecot/log", "postfix/output", "postfix/log/postfix.log"):
            path = self.root / log
            if path.exists():
                print(f"--- {log}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:]))


DOVECOT_CONF = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
instance_name = mailtap-interop
protocols = pop3 imap lmtp
listen = {listen}
login_greeting = Dovecot at your service.
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 apop scram-sha-1 scram-sha-256
auth_failure_delay = 0
first_valid_uid = {first}
first_valid_gid = {first}
mail_location = maildir:{root}/mail/%n
mail_save_crlf = yes
mail_privileged_group =
postmaster_address = postmaster@example.org
hostname = mx.example.org
pop3_uidl_format = %08Xu%08Xv
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {base}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {base}/users
  override_fields = uid=mail gid=mail home={root}/mail/%n
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener postfix {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
"""

# The last two lines keep a mail for elsewhere from leaving this machine: it is taken and thrown away.
MAIN_CF = """\
compatibility_level = 3.6
maillog_file = {base}/log/postfix.log
maillog_file_prefixes = {root}
queue_directory = {base}/spool
data_directory = {base}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
mynetworks_style = host
inet_interfaces = loopback-only
inet_protocols = {protocols}
alias_maps =
local_recipient_maps =
local_header_rewrite_clients =
smtpd_peername_lookup = no
disable_dns_lookups = yes
lmtp_host_lookup = native
biff = no
smtpd_banner = $myhostname ESMTP Postfix
smtpd_helo_required = yes
smtpd_soft_error_limit = 50
smtpd_hard_error_limit = 100
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_sasl_security_options = noanonymous
smtpd_tls_security_level = may
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
smtputf8_enable = yes
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = discard:
relay_transport = discard:
"""

MASTER_CF = """\
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
smtpd     pass  -       -       n       -       -       smtpd
dnsblog   unix  -       -       n       -       0       dnsblog
tlsproxy  unix  -       -       n       -       0       tlsproxy
"""

# There is one postscreen at most.
POSTSCREEN_SERVICE = """\
127.0.0.1:{screened} inet n - n - 1 postscreen
  -o postscreen_upstream_proxy_protocol=haproxy
  -o postscreen_greet_wait=1s
  -o postscreen_dnsbl_sites=
"""

SMTPD_SERVICES = """\
{host}:{smtp} inet n - n - - smtpd
{host}:{submission} inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = permit_sasl_authenticated, reject }}
{host}:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
{host}:{strict} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=reject
{host}:{behind} inet n - n - - smtpd
  -o smtpd_upstream_proxy_protocol=haproxy
{host}:{plainest} inet n - n - - smtpd
  -o {{ smtpd_discard_ehlo_keywords = chunking, pipelining, starttls, dsn, silent-discard }}
{host}:{banner} inet n - n - - smtpd
  -o {{ smtpd_banner = other.example.com ESMTP something else }}
{host}:{nodsn} inet n - n - - smtpd
  -o {{ smtpd_discard_ehlo_keywords = dsn, silent-discard }}
{host}:{limited} inet n - n - - smtpd
  -o message_size_limit=5000000
{host}:{restricted} inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = check_recipient_access inline:{{bob@example.org=REJECT}}, permit_mynetworks, permit }}
"""
