"""Receives one mail on a free port of this machine: receive_mail.py FOLDER [NAME PASSWORD]

Writes FOLDER/port when it listens and FOLDER/mail.json when a mail has come, then ends. With a name and a
password it takes mail only from who logs in with them, which needs no encryption here.
"""
import asyncio, json, os, sys
from aiosmtpd.smtp import SMTP, AuthResult

folder, login = sys.argv[1], sys.argv[2:4]


def write(name, text):
    with open(f"{folder}/{name}.new", "w") as file:
        file.write(text)
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")


async def main():
    done = asyncio.Event()

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            write("mail.json", json.dumps({
                "from": envelope.mail_from, "to": envelope.rcpt_tos,
                "content": envelope.content.decode()}))
            done.set()
            return "250 OK"

    def authenticate(server, session, envelope, mechanism, data):
        given = [data.login.decode(), data.password.decode()]
        return AuthResult(success=given == login, handled=False)

    def protocol():
        options = dict(authenticator=authenticate, auth_required=True, auth_require_tls=False)
        return SMTP(Handler(), hostname="localhost", **(options if login else {}))

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    write("port", str(server.sockets[0].getsockname()[1]))
    await done.wait()
    await asyncio.sleep(0.2)  # The client still says QUIT.


asyncio.run(asyncio.wait_for(main(), 60))
