#!/usr/bin/env python3
"""Echo servers: `naive`, one recv() and one send(); `careful`, a thread and a file object each; `loop`, asyncio."""
import asyncio
import socket
import sys
import threading


def take(listener):
    while True:
        try:
            return listener.accept()[0]
        except OSError:
            pass


def serve_file(connection):
    with connection, connection.makefile("rwb") as file:
        for line in file:
            file.write(line)
            file.flush()


async def serve_stream(reader, writer):
    while data := await reader.read(5000):
        writer.write(data)
        await writer.drain()
    writer.close()


async def loop():
    server = await asyncio.start_server(serve_stream, "127.0.0.1", 0)
    print("listening on port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def threads(way):
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening on port", listener.getsockname()[1], flush=True)
    while True:
        connection = take(listener)
        if way == "naive":
            connection.send(connection.recv(5000))
            connection.close()
        else:
            threading.Thread(target=serve_file, args=(connection,), daemon=True).start()


if sys.argv[1] == "loop":
    asyncio.run(loop())
threads(sys.argv[1])
