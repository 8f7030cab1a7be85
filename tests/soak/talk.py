# SPDX-License-Identifier: Apache-2.0
"""One connection of the line protocol, by TLS, of somebody."""

import asyncio
import ssl

ELSEWHERE = ("ERR NOT_PRIMARY", "ERR NO_QUORUM", "ERR SHUTTING_DOWN", "ERR UNAUTHENTICATED")
PATIENCE = 5


class Gone(Exception):
    """This connection serves no more; what was asked last may have been done."""


class Talk:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port, context, user=None, secret=None):
        """Without a user: who the certificate says it is."""
        async with asyncio.timeout(PATIENCE):
            try:
                talk = cls(*await asyncio.open_connection(
                    "127.0.0.1", port, ssl=context, limit=1 << 20))
            except ssl.SSLError as error:
                raise Gone(str(error)) from None
        try:
            if user:
                await talk.ask(f"AUTH {user} {secret}")
        except BaseException:
            talk.break_off()
            raise
        return talk

    async def ask(self, line):
        """The answer of one who serves."""
        answer = await self.say(line)
        if answer.startswith(ELSEWHERE):
            raise Gone(answer)
        return answer

    async def say(self, line):
        self.write(line)
        async with asyncio.timeout(PATIENCE):
            while (answer := await self.read_line()).startswith("EVENT "):
                pass
        return answer

    def write(self, line):
        self.writer.write(line.encode() + b"\n")

    async def read_line(self):
        try:
            line = await self.reader.readline()
        except (OSError, ssl.SSLError) as error:
            raise Gone(str(error)) from None
        if not line:
            raise Gone("closed")
        return line.decode().rstrip("\n")

    def close(self):
        self.writer.close()

    def break_off(self):
        self.writer.transport.abort()
