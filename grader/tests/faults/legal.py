#!/usr/bin/env python3
"""What must be whole although faults are injected, and what must not; says what is not as it should be."""
import fcntl
import os
import select
import socket
import struct
import sys
import termios

ROUNDS = 20


def check(what, sizes, whole):
    if (min(sizes) == max(sizes)) != whole:
        print(what, "whole" if not whole else "cut", sizes)


def read_file(path):
    with open(path, "rb", 0) as file:
        return [len(os.pread(file.fileno(), 5000, 0)) for _ in range(ROUNDS)]


def waiting_in(connection):
    return struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]


def with_peer(what, whole, receive, kind=socket.SOCK_STREAM):
    """Receives 100 bytes, each time over a new pair of sockets."""
    sizes = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(ROUNDS):
            if kind == socket.SOCK_DGRAM:
                a, b = (socket.socket(socket.AF_INET, kind) for _ in range(2))
                b.bind(("127.0.0.1", 0))
                a.connect(b.getsockname())
            else:
                a = socket.create_connection(listener.getsockname())
                while True:
                    try:
                        b = listener.accept()[0]
                        break
                    except OSError:
                        pass
            data = memoryview(b"x" * 100)
            while data:
                data = data[a.send(data):]
            while kind == socket.SOCK_STREAM and waiting_in(b) < 100:
                select.select([], [], [], 0.001)
            sizes.append(receive(b))
            a.close()
            b.close()
    check(what, sizes, whole)


def receive_edge(connection):
    with select.epoll() as poll:
        poll.register(connection, select.EPOLLIN | select.EPOLLET)
        connection.setblocking(False)
        return len(connection.recv(100))


def pipes():
    r, w = os.pipe()
    check("a small write to a pipe", [os.write(w, b"y" * 1000) - 1000 for _ in range(ROUNDS)], True)
    check("a small read from a pipe", [len(os.read(r, 1000)) for _ in range(ROUNDS)], True)
    sizes = []
    for _ in range(ROUNDS):
        sizes.append(os.write(w, b"y" * 20000))
        left = sizes[-1]
        while left:
            left -= len(os.read(r, 30000))
    check("a large write to a pipe", sizes, False)


own, library = sys.argv[1:]
check("a file before listen()", read_file(own), True)
listener = socket.create_server(("127.0.0.1", 0))
check("a file after listen()", read_file(own), False)
check("a shared object", read_file(library), True)
check("a file of the system", read_file("/etc/services" if os.path.exists("/etc/services") else "/usr/bin/env"), True)
with_peer("recv", False, lambda s: len(s.recv(100)))
with_peer("recvmsg", False, lambda s: len(s.recvmsg(100)[0]))
with_peer("recv_into", False, lambda s: s.recvmsg_into([bytearray(3), bytearray(97)])[0])
with_peer("MSG_PEEK", True, lambda s: len(s.recv(100, socket.MSG_PEEK)))
with_peer("MSG_WAITALL", True, lambda s: len(s.recv(100, socket.MSG_WAITALL)))
with_peer("edge-triggered epoll", True, receive_edge)
with_peer("a datagram", True, lambda s: len(s.recv(100)), socket.SOCK_DGRAM)
pipes()
print("done")
