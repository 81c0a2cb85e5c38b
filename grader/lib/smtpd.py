"""smtpd.py - a mail server for one test: it does what its rules say, and writes down what it saw.

    python3 smtpd.py [-c CERTIFICATE] [-u USER -p PASSWORD] [-w] [-f] DIR PORT [RULE...] [next [RULE...]]...

It serves one connection for each list of rules, one after the other, and prints `ready PORT` when it listens. Without
rules it is a server like any other: with -c it offers STARTTLS, with -u it offers AUTH (with both: AUTH after TLS
only). With -w it waits a moment before each reply, and notes down a client that does not wait for it. With -f it takes
the head of the message apart.

A RULE is `[tls.]WHEN[N]=WHAT`: what happens at the (N-th) WHEN, with `tls.` only once that is encrypted. WHEN is a
command, or `greeting`, `text` (the end of the message) or `data` (when its first bytes have come). WHAT is a reply,
with escapes as in Python; CRLF is added. `drip:REPLY` sends it byte by byte, `slow:REPLY` after three quarters of a second,
`raw:REPLY` without CRLF, `cut:REPLY` too, and closes behind it. `close` and `reset` end the connection, and so does
`leave`, with a FIN before the reset that unread bytes cause; `hang` says nothing any more.

In DIR, for connection N: N.log (the dialogue), N.commands (`tls ` before what came encrypted), N.faults, N.auth,
N.rcpt, N.message (without the second dots), N.head (with -f: fields, decoded, one a line), N.body (decoded), N.done at
its end.
"""

import argparse
import base64
import re
import select
import socket
import struct
import time

MOST = 50000000  # bytes that are kept of a client: one may send for ever


def end_of_text(data, start):
    """Where the line with one dot ends that is the first from START on; -1 where there is none yet. (By find(), which takes
    a twentieth of the time of a regular expression.)"""
    if data.startswith((b".\n", b".\r\n")):
        return data.index(b"\n") + 1
    ends = [at + len(end) for end in (b"\n.\n", b"\n.\r\n") if (at := data.find(end, start)) >= 0]
    return min(ends, default=-1)


class Gone(Exception):
    """The connection is over, for whatever reason."""


class Session:
    def __init__(self, sock, number, rules, options):
        self.sock, self.options = sock, options
        self.rules = dict(rule.split("=", 1) for rule in rules)
        self.path = f"{options.dir}/{number}."
        self.buffer, self.counts, self.tls, self.noted = b"", {}, False, 0
        self.sender, self.recipients, self.message = None, [], None
        for name in ("log", "commands", "faults"):
            self.note(name, "")

    def note(self, name, text):
        text = text if isinstance(text, bytes) else text.encode()
        self.noted += len(text)
        with open(self.path + name, "ab") as file:
            file.write(text)

    # ---- Bytes ----

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except (OSError, ValueError) as error:
            raise Gone from error
        if not data or len(self.buffer) > MOST or self.noted > MOST:
            raise Gone
        self.buffer += data

    def read_line(self):
        while b"\n" not in self.buffer:
            self.receive()
            if len(self.buffer) > 100000 and b"\n" not in self.buffer:
                raise Gone
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.note("log", b"C: " + line.rstrip(b"\r") + b"\n")
        if not line.endswith(b"\r"):
            self.note("faults", b"line end: " + line + b"\n")
        return line.rstrip(b"\r")

    def send(self, data, drip=False):
        for line in data.splitlines():
            self.note("log", b"S: " + line + b"\n")
        try:
            if drip:
                for byte in data:
                    self.sock.sendall(bytes([byte]))
                    time.sleep(0.001)
            else:
                self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def reply(self, when, default):
        """Does what the rule for WHEN says; sends the default where there is none. Returns the first digit sent."""
        count = self.counts[when] = self.counts.get(when, 0) + 1
        names = [when + str(count), when]
        if self.tls:
            names = ["tls." + name for name in names] + names
        what = next((self.rules[name] for name in names if name in self.rules), default)
        if what == "hang":
            self.note("log", "(the server says nothing any more)\n")
            while True:
                self.receive()
        if what in ("close", "leave", "reset"):
            if what == "leave":
                self.sock.shutdown(socket.SHUT_WR)
            if what == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.note("log", f"(the server ends the connection: {what})\n")
            raise Gone
        kind, colon, rest = what.partition(":")
        kind, what = (kind, rest) if colon and kind in ("drip", "slow", "raw", "cut") else ("", what)
        data = what.encode().decode("unicode_escape").encode("latin-1") + (b"" if kind in ("raw", "cut") else b"\r\n")
        if kind == "slow":
            time.sleep(0.75)
        if self.options.wait:
            # A client that sends twice is told at once that the first part has arrived, or it holds the second back.
            if hasattr(socket, "TCP_QUICKACK"):
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            ready, _, _ = select.select([self.sock], [], [], 0.1)
            if (self.buffer or ready) and when != "QUIT":
                self.note("faults", f"early: something came before the reply to {when}\n")
        self.send(data, drip=kind == "drip")
        if kind == "cut":
            raise Gone
        return data[:1]

    # ---- Commands ----

    def serve(self):
        self.reply("greeting", "220 mail.example ESMTP")
        while True:
            line = self.read_line()
            self.note("commands", (b"tls " if self.tls else b"") + line + b"\n")
            verb = line.split(b" ")[0].split(b":")[0].upper().decode("latin-1")
            step = getattr(self, "do_" + verb, None)
            if step is None:
                self.reply(verb, "500 unknown command")
            else:
                step(line)
            if verb == "QUIT":
                raise Gone

    def do_EHLO(self, _):
        offers = ["mail.example"]
        if self.options.certificate and not self.tls:
            offers.append("STARTTLS")
        elif self.options.user:
            offers.append("AUTH LOGIN PLAIN")
        self.reply("EHLO", "\\r\\n".join(f"250{'- '[offer is offers[-1]]}{offer}" for offer in offers))

    def do_HELO(self, _):
        self.reply("HELO", "250 mail.example")

    def do_NOOP(self, _):
        self.reply("NOOP", "250 fine")

    def do_RSET(self, _):
        self.sender, self.recipients = None, []
        self.reply("RSET", "250 forgotten")

    def do_QUIT(self, _):
        self.reply("QUIT", "221 goodbye")

    def do_STARTTLS(self, _):
        if not self.options.certificate:
            self.reply("STARTTLS", "502 not here")
        elif self.reply("STARTTLS", "220 go ahead") == b"2":
            import ssl  # here, because it takes a while

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.options.certificate)
            self.buffer = b""
            try:
                self.sock = context.wrap_socket(self.sock, server_side=True)
            except OSError as error:
                self.note("log", f"(no TLS: {error})\n")
                raise Gone from error
            self.tls = True
            self.note("log", f"({self.sock.version()} from here on)\n")

    def do_AUTH(self, line):
        if not self.options.user:
            self.reply("AUTH", "502 not here")
            return
        _, mechanism, *initial = line.split(b" ") + [b""]
        initial = b" ".join(initial).strip()
        if mechanism.upper() == b"PLAIN":
            given = self.decode(initial or self.ask(b" ")).split(b"\0")
            right = len(given) == 3 and given[0] in (b"", given[1]) and given[1:] == self.credentials()
        elif mechanism.upper() == b"LOGIN":
            user = initial or self.ask(b" VXNlcm5hbWU6")
            right = [self.decode(user), self.decode(self.ask(b" UGFzc3dvcmQ6"))] == self.credentials()
        else:
            self.reply("AUTH", "504 unknown mechanism")
            return
        self.note("auth", ("right" if right else "wrong") + (" tls\n" if self.tls else " clear\n"))
        self.reply("AUTH", "235 welcome" if right else "535 wrong user or password")

    def ask(self, challenge):
        self.send(b"334" + challenge + b"\r\n")
        return self.read_line()

    @staticmethod
    def decode(text):
        try:
            return base64.b64decode(b"" if text == b"=" else text, validate=True)
        except ValueError:
            return b"(no base64)"

    def credentials(self):
        return [self.options.user.encode(), self.options.password.encode()]

    def path_of(self, line, keyword):
        found = re.fullmatch(rb"(?i)" + keyword + rb": *<([^<>]*)>( .*)?", line)
        if not found:
            self.note("faults", b"path: " + line + b"\n")
            return line.partition(b":")[2].strip()
        return found[1]

    def do_MAIL(self, line):
        sender = self.path_of(line, b"MAIL FROM")
        if self.reply("MAIL", "250 fine") == b"2":
            self.sender, self.recipients = sender, []

    def do_RCPT(self, line):
        recipient = self.path_of(line, b"RCPT TO")
        if self.sender is None:
            self.reply("RCPT", "503 MAIL first")
        elif self.reply("RCPT", "250 fine") == b"2":
            self.recipients.append(recipient)

    def do_DATA(self, _):
        if not self.recipients:
            self.reply("DATA", "503 RCPT first")
        elif self.reply("DATA", "354 go ahead") == b"3":
            self.read_message()

    def read_message(self):
        seen = 0
        if "data" in self.rules:
            self.receive()
            self.reply("data", "")
        while (end := end_of_text(self.buffer, max(0, seen - 5))) < 0:
            seen = len(self.buffer)
            chunks = []
            while sum(map(len, chunks)) < 1000000 and (select.select([self.sock], [], [], 0)[0] or not chunks):
                kept, self.buffer = self.buffer, b""
                try:
                    self.receive()
                finally:
                    chunks.append(self.buffer)
                    self.buffer = kept
            self.buffer += b"".join(chunks)
        wire, self.buffer = self.buffer[:end], self.buffer[end:]
        if wire.count(b"\n") != wire.count(b"\r\n"):
            self.note("faults", "text: a line of it ends in LF without CR\n")
        text = wire[: wire.rindex(b".")]
        self.note("log", f"C: (a message of {len(text)} bytes)\n")
        message = text.replace(b"\n.", b"\n").removeprefix(b".")
        if self.reply("text", "250 taken") == b"2":
            self.note("rcpt", b"\n".join([b"from " + self.sender] + self.recipients) + b"\n")
            self.message = message
        else:
            self.note("unwanted", message)
        self.sender, self.recipients = None, []

    # ---- What a mail program would make of the message ----

    def read_mail(self):
        head, _, body = self.message.replace(b"\r\n", b"\n").partition(b"\n\n")
        if self.options.fields:
            self.read_fields(head.decode("utf-8", "replace"))
        if re.search(rb"(?im)^content-(type: *multipart|transfer-encoding: *(base64|quoted))", head):
            import email

            mail = email.message_from_bytes(self.message)
            part = mail.get_payload(0) if mail.is_multipart() else mail
            body = part.get_payload(decode=True).replace(b"\r\n", b"\n")
        self.note("message", self.message)
        self.note("body", body)

    def read_fields(self, head):
        import email.header
        import email.parser
        import email.utils

        def decoded(value):
            value = re.sub(r"\n(?=[ \t])", "", value)
            return str(email.header.make_header(email.header.decode_header(value)))

        fields = email.parser.HeaderParser().parsestr(head)
        for name, value in fields.items():
            self.note("head", f"{name.lower()}: {decoded(value)}\n")
        for name in ("From", "To"):
            for _, address in email.utils.getaddresses(fields.get_all(name, [])):
                self.note("head", f"address {name.lower()}: {address}\n")
        try:
            date = email.utils.parsedate_to_datetime(fields["Date"])
            self.note("head", f"seconds: {int(date.timestamp())}\nweekday: {date:%a}\n")
        except (TypeError, ValueError):
            pass


def parse(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", dest="certificate")
    parser.add_argument("-u", dest="user")
    parser.add_argument("-p", dest="password")
    parser.add_argument("-w", dest="wait", action="store_true")
    parser.add_argument("-f", dest="fields", action="store_true")
    parser.add_argument("dir")
    parser.add_argument("port", type=int)
    parser.add_argument("rules", nargs="*")
    return parser.parse_args(arguments)


def listen(options):
    try:
        return socket.create_server(("::", options.port), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        return socket.create_server(("", options.port))


def serve(listener, options):
    scripts = [[]]
    for rule in options.rules:
        if rule == "next":
            scripts.append([])
        else:
            scripts[-1].append(rule)
    for number, rules in enumerate(scripts, 1):
        sock, _ = listener.accept()
        if number == len(scripts):
            listener.close()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(sock, number, rules, options)
        try:
            session.serve()
        except Gone:
            pass
        session.sock.close()
        if session.message is not None:
            session.read_mail()
        session.note("done", "")


def main():
    options = parse(None)
    listener = listen(options)
    print("ready", listener.getsockname()[1], flush=True)
    serve(listener, options)


if __name__ == "__main__":
    main()
