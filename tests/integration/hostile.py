"""hostile.py SEED SOCKET METRICS DASHBOARD COOKIE OPERATORS CERTIFICATE KEY: asks at each
door of a relay's administration what nobody asks who means well: 300 requests that are
none, or not quite; names and pages of others; bodies beyond all bounds. Prints a line for
each kind and door: "ok NAME", or "no NAME: WHY". None of it may change anything: those
who are named in it do not exist."""
import concurrent.futures
import random
import socket
import ssl
import sys
import time

seed, unix, metrics, web, cookie, operators, certificate, key = sys.argv[1:]
rng = random.Random(int(seed))
ODD = 300
KICK = b'{"tenant":"nobody","agent":"one"}'
JSON = b"Content-Type: application/json\r\n"


def tls():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.minimum_version = ssl.TLSVersion.TLSv1_3
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    c.load_cert_chain(certificate, key)
    c.options |= ssl.OP_NO_TICKET
    return c


class Door:
    def __init__(self, name, at, host, more=b""):
        self.name, self.at, self.host, self.more = name, at, host, more
        self.context = tls() if name == "operators" else None

    def connect(self):
        if self.name == "socket":
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.at)
        else:
            host, port = self.at.rsplit(":", 1)
            s = socket.create_connection((host, int(port)), timeout=20)
            if self.context:
                s = self.context.wrap_socket(s)
        s.settimeout(20)
        return s

    def patiently(self):
        """There are only so many handshakes at once."""
        for _ in range(100):
            try:
                return self.connect()
            except OSError as e:
                why = e
                time.sleep(0.1)
        raise why

    def say(self, *pieces):
        """What comes back: the first line, or nothing: the rest of some requests the relay
        waits for longer than we do."""
        with self.patiently() as s:
            try:
                for piece in pieces:
                    s.sendall(piece)
                s.settimeout(3)
                got = s.recv(65536)
            except OSError:
                return b""  # shut in the middle: an answer, too
            return got.split(b"\r\n")[0]

    def ask(self, method, path, body=b"", head=b"", host=None):
        name = self.host if host is None else host
        return (b"%s %s HTTP/1.1\r\n" % (method, path) + b"Host: %s\r\n" % name +
                self.more + head + (b"Content-Length: %d\r\n" % len(body)
                                    if body or method == b"POST" else b"") +
                b"\r\n" + body)


def judge(name, cases, least=0.5):
    """cases: (what, first line, may it be so)"""
    wrong = ["%s: %s" % (what[:60], line[:60]) for what, line, good in cases if not good]
    answered = sum(line != b"" for _, line, _ in cases)
    if answered < least * len(cases):
        wrong.append("only %d were answered" % answered)
    print("no %s: %s" % (name, "; ".join(wrong[:5])) if wrong else
          "ok %s (%d)" % (name, len(cases)), flush=True)


def code(line):
    word = line.split(b" ")
    return int(word[1]) if len(word) > 1 and word[1].isdigit() else 0


def is_answer(line):
    return line == b"" or (line.startswith(b"HTTP/1.") and 100 <= code(line) < 600)


def refused(line):
    return is_answer(line) and (line == b"" or code(line) >= 400)


# --- requests that are none, or not quite ---------------------------------------------

def odd(door):
    post = door.ask(b"POST", b"/v1/kick", KICK, JSON + b"Origin: http://%s\r\n" % door.host)
    get = door.ask(b"GET", b"/v1/status")
    line, rest = post.split(b"\r\n", 1)
    made = [post.replace(b"POST", m, 1) for m in (
        b"post", b"PO ST", b"\0", b"P" * 9000, b"", b"CONNECT", b"TRACE", b"OPTIONS",
        b"PUT", b"DELETE", b"PATCH", b"\xff\xfe")]
    made += [line.replace(b"/v1/kick", p, 1) + b"\r\n" + rest for p in (
        b"", b"*", b"//v1/kick", b"/v1/../v1/kick", b"/v1/kick%00", b"/v1/%2e%2e/kick",
        b"/" + b"a" * 70000, b"http://evil.example/v1/kick", b"/v1/kick?" + b"a=b&" * 5000,
        b"/v1/streams?limit=-1", b"/v1/pending/4294967296/approve", b"/v1/kick /x",
        b"/v1/pending/-1/reject", b"/v1/pending/%s/reject" % (b"9" * 400))]
    made += [line.replace(b"HTTP/1.1", v, 1) + b"\r\n" + rest for v in (
        b"", b"HTTP/0.9", b"HTTP/9.9", b"HTTP/1.1 HTTP/1.1", b"ICY", b"HTTP/-1.1")]
    made += [line + b"\r\n" + h + rest for h in (
        b"no colon\r\n", b": none\r\n", b" folded\r\n", b"X:" + b"y" * 70000 + b"\r\n",
        b"X: y\r\n" * 2000, b"X\0Y: z\r\n", b"X: \0\r\n", b"X: y\n\n", b"\r\n\r\n",
        b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 9e9\r\n",
        b"Content-Length: 18446744073709551617\r\n", b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: chunked, chunked\r\n",
        b"Expect: 100-continue\r\n", b"Expect: 200-maybe\r\n", b"Upgrade: h2c\r\n",
        b"Connection: close, keep-alive\r\n", b"Range: bytes=-1\r\n",
        b"Cookie: atlax=; atlax=" + b"0" * 5000 + b"\r\n")]
    made += [door.ask(b"POST", b"/v1/kick", body, JSON + b"Origin: http://%s\r\n" % door.host)
             for body in (b"", b"{", b"[]", b"null", b"\xff\xff", b"[" * 9000, b"{}", b"1e999",
                          b'{"tenant":' * 900, b'{"tenant":null}', b'{"tenant":["nobody"]}',
                          b'{"tenant":"nobody","tenant":"nobody"}', b'{"tenant":"no\\u0000"}',
                          b'{"tenant":"nobody","more":1}', KICK + KICK, KICK + b"\0")]
    chunked = post.split(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    made += [chunked + c for c in (
        b"zz\r\n", b"ffffffffffffffffff\r\nx", b"-1\r\n", b"5\r\nabc\r\n0\r\n\r\n",
        b"1;" + b"e" * 40000 + b"\r\nx\r\n", b"0\r\nX: y\r\n" * 5000)]
    while len(made) < ODD:
        b = bytearray(rng.choice((get, post)))
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(len(b))
            what = rng.randrange(4)
            if what == 0:
                b[at] ^= 1 << rng.randrange(8)
            elif what == 1:
                del b[at:at + rng.randint(1, 9)]
            elif what == 2:
                b[at:at] = rng.randbytes(rng.randint(1, 9))
            else:
                b[at:at] = b[at:at + 40] * rng.randint(1, 5)
            b = b or bytearray(b"x")
        made.append(bytes(b))
    cases = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(door.say, made[:ODD]))
    for m, got in zip(made, answers):
        # One that reads, and was damaged where it does not matter, is answered.
        cases.append((repr(m), got, is_answer(got) and (
            not m.startswith(b"POST") or code(got) // 100 != 2)))
    judge("%s: odd requests" % door.name, cases)


# --- names and pages of others --------------------------------------------------------

def rebinding(door):
    port = door.at.rsplit(":", 1)[1].encode()
    cases = []
    for host in (b"evil.example", b"evil.example:" + port, b"127.0.0.1.evil.example:" + port,
                 b"localhost.evil.example:" + port, b"evil.example#" + door.host, b"",
                 b"127.0.0.1@evil.example:" + port, b"127.1:" + port, b"0:" + port,
                 b"localhost.:" + port, b"\xd0\xb5vil"):
        for path in (b"/", b"/v1/status", b"/metrics", b"/login?token=0", b"/v1/health"):
            got = door.say(door.ask(b"GET", path, host=host))
            cases.append((repr((host, path)), got, refused(got) and code(got) != 401))
    for head in (b"Host: evil.example\r\n", b"X-Forwarded-Host: evil.example\r\n"
                 b"Host: evil.example\r\n"):
        got = door.say(b"GET /v1/status HTTP/1.1\r\n" + head + door.more + b"Host: " +
                       door.host + b"\r\n\r\n")
        cases.append((repr(head), got, refused(got)))
    got = door.say(b"GET /v1/status HTTP/1.0\r\n" + door.more + b"\r\n")
    cases.append(("no name", got, refused(got)))
    judge("%s: names of others" % door.name, cases)


def cross_site(door):
    own = b"http://" + door.host
    cases = []
    for path, body in ((b"/v1/kick", KICK), (b"/v1/reload", b""), (b"/v1/drain", b"")):
        for head in [JSON + b"Origin: %s\r\n" % o for o in (
                b"http://evil.example", b"null", b"", own + b".evil.example", own + b"/",
                own + b"@evil.example", own.rsplit(b":", 1)[0] + b":1", b"file://")] + [
                JSON + b"Origin: %s\r\nSec-Fetch-Site: %s\r\n" % (own, s)
                for s in (b"cross-site", b"same-site", b"x")] + [
                b"Origin: %s\r\nContent-Type: %s\r\n" % (b"http://evil.example", t) for t in (
                    b"text/plain", b"multipart/form-data; boundary=x",
                    b"application/x-www-form-urlencoded", b"")] + [
                b"Origin: http://evil.example\r\n",
                b"Referer: http://evil.example/\r\nSec-Fetch-Site: cross-site\r\n"]:
            got = door.say(door.ask(b"POST", path, body, head))
            cases.append((repr((path, head)), got, refused(got)))
    for path in (b"/v1/kick", b"/v1/drain", b"/v1/reload", b"/v1/upgrade", b"/v1/revoke"):
        for head in (b"", b"X-HTTP-Method-Override: POST\r\n"):
            got = door.say(door.ask(b"GET", path, head=head))
            cases.append((repr((path, head)), got, refused(got)))
    judge("%s: pages of others, and reading that would change" % door.name, cases)


# --- more than there is room for -------------------------------------------------------

def oversized(door):
    head = JSON + b"Origin: http://%s\r\n" % door.host
    cases = []
    for n in (16385, 1 << 20, 8 << 20):
        got = door.say(door.ask(b"POST", b"/v1/kick", b" " * n, head))
        cases.append(("%d bytes" % n, got, refused(got)))
    whole = door.ask(b"POST", b"/v1/kick", b"x", head)
    for n in (b"1000000000000", b"18446744073709551615", b"99999999999999999999999"):
        got = door.say(whole.replace(b"Length: 1\r", b"Length: " + n + b"\r"), b"x" * 70000)
        cases.append((repr(n), got, refused(got)))
    start = whole.split(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    got = door.say(start, *[b"1000\r\n" + b" " * 4096 + b"\r\n"] * 1000)
    cases.append(("4 MiB in pieces", got, refused(got)))
    judge("%s: bodies without end" % door.name, cases, 0)


doors = [Door("socket", unix, b"localhost"), Door("metrics", metrics, metrics.encode()),
         Door("dashboard", web, web.encode(), b"Cookie: %s\r\n" % cookie.encode()),
         Door("operators", operators, operators.encode())]
for d in doors:
    odd(d)
    oversized(d)
    if d.name != "socket":  # no browser comes there
        cross_site(d)
    if d.name in ("metrics", "dashboard"):  # within TLS a certificate has the name
        rebinding(d)
