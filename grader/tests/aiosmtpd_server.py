#!/usr/bin/python3
"""aiosmtpd_server.py CERTIFICATE FILE: aiosmtpd, with STARTTLS and a login without which nothing goes. Prints its port;
what it takes goes to FILE, as it was sent."""

import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keep:
    async def handle_DATA(self, server, session, envelope):
        with open(sys.argv[2], "wb") as file:
            file.write(envelope.original_content)
        return "250 taken from {} for {}".format(envelope.mail_from, " ".join(envelope.rcpt_tos))


def check(server, session, envelope, mechanism, data):
    right = session.ssl is not None and (data.login, data.password) == (b"alice", b"open sesame")
    return AuthResult(success=right, handled=False)


class Server(SMTP):
    line_length_limit = 1000000


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(Keep(), tls_context=context, require_starttls=True, authenticator=check, auth_required=True, loop=loop),
        "127.0.0.1",
        0,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
