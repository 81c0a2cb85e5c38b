#!/usr/bin/env python3
"""storm.py SEEDS FAULTS PROGRAM ARGUMENT... - many runs of a server under faults, each with another seed.

Each run has two clients, the second one connected before the first has finished; the server echoes what they send. Prints
`right N broken N`, then the sum of the reports. Two runs at a time."""
import concurrent.futures
import os
import socket
import subprocess
import sys
import tempfile

LINES = b"".join(b"line %d of a message\n" % i for i in range(12)) + bytes(range(11, 256)) + b"\n"
BULK = LINES * 10


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def talk_tcp(port):
    with socket.create_connection(("127.0.0.1", port), 10) as first:
        first.sendall(b"one\n")
        if read_exactly(first, 4) != b"one\n":
            return False
        with socket.create_connection(("127.0.0.1", port), 10) as second:
            if os.environ.get("ONE_LINE"):
                second.sendall(b"another line\n")
                return read_exactly(second, 13) == b"another line\n"
            second.sendall(b"two\n")
            first.sendall(BULK)
            good = read_exactly(first, len(BULK)) == BULK
            first.close()
            return good and read_exactly(second, 4) == b"two\n"


def talk_udp(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        for size in (0, 1, 40000, 7, 3000):
            client.sendto(LINES[:7] * (size // 7 + 1), ("127.0.0.1", port))
            if client.recv(65536) != LINES[:7] * (size // 7 + 1):
                return False
    return True


def run(faults, options, program, seed):
    with tempfile.TemporaryFile() as report:
        command = [faults, *options, "-s", str(seed), "-f", str(report.fileno()), "--", *program]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[report.fileno()])
        port = int(server.stdout.readline().split()[-1])
        try:
            good = talk_udp(port) if program[-1] == "udp" else talk_tcp(port)
        except OSError:
            good = False
        good = good and server.poll() is None
        server.terminate()
        server.wait(10)
        server.stdout.close()
        report.seek(0)
        return good, dict(line.split() for line in report.read().decode().splitlines())


def main():
    seeds, faults, *words = sys.argv[1:]
    cut = words.index("--")
    options, program = words[:cut], words[cut + 1:]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda seed: run(faults, options, program, seed), range(1, int(seeds) + 1)))
    broken = [seed for seed, (good, _) in enumerate(results, 1) if not good]
    print("right", len(results) - len(broken), "broken", len(broken))
    for kind in results[0][1]:
        print(kind, sum(int(report[kind]) for _, report in results))
    if broken:
        print("seeds", *broken[:20])


main()
