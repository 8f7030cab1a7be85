# SPDX-License-Identifier: Apache-2.0
"""Ports that stand between clients and nodes, and can be made bad."""

import asyncio
import contextlib
import socket
import struct


class Link:
    """One port before one node. Bytes are held back, each way, while the gate of that way is shut:
    as on a network that drops packets, they arrive when it opens."""

    def __init__(self, port, target):
        self.port, self._target = port, target
        self._to_node, self._to_client = asyncio.Event(), asyncio.Event()
        self._server, self._writers, self._tasks = None, set(), set()
        self.turn("pass")

    async def open(self):
        if not self._server:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def refuse(self):
        """As the port of a process that is gone."""
        server, self._server = self._server, None
        if server:
            server.close()

    def turn(self, mode):
        """pass; silent: no bytes either way; mute: none from the node; reset: passes, anew."""
        for gate, is_shut in ((self._to_node, mode == "silent"),
                              (self._to_client, mode in ("silent", "mute"))):
            if is_shut:
                gate.clear()
            else:
                gate.set()
        if mode == "reset":
            self._reset()

    async def stop(self):
        self.refuse()
        self._reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _reset(self):
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            # Lingering for no time at all, a socket that is closed sends RST.
            with contextlib.suppress(OSError, AttributeError):
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def _accept(self, reader, writer):
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        to_node = None
        try:
            from_node, to_node = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(to_node)
            pumps = [asyncio.ensure_future(_pump(reader, to_node, self._to_node)),
                     asyncio.ensure_future(_pump(from_node, writer, self._to_client))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
        except OSError:
            pass  # that node is gone: so is the connection
        finally:
            for one in filter(None, (writer, to_node)):
                self._writers.discard(one)
                one.close()


async def _pump(reader, writer, gate):
    with contextlib.suppress(OSError):
        while True:
            data = await reader.read(65536)
            await gate.wait()
            if not data:
                return
            writer.write(data)
            await writer.drain()
