#!/usr/bin/env python3
"""Writes into the scenes of this folder what each client receives from a Redis server.

    record.py PORT [FILE...]

A scene is a text file. `a: PUBLISH x 1` sends a command as client a (any word); the indented lines
below it say what every client then receives, quoted as redis-cli quotes; this program replaces
those lines. After `a! HELLO 3` nobody looks at what is received. `---` ends all clients, empties
the server and begins anew. Lines that begin with '#' and empty lines are kept. The server's data is
lost.
"""

import pathlib
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts"))
import record  # noqa: E402

QUIET_SECONDS = 0.03


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(QUIET_SECONDS)

    def send(self, args):
        parts = [b"*%d\r\n" % len(args)] + [b"$%d\r\n%s\r\n" % (len(arg), arg) for arg in args]
        self.socket.sendall(b"".join(parts))

    def receive(self):
        received = b""
        try:
            while data := self.socket.recv(1 << 20):
                received += data
        except socket.timeout:
            pass
        return received


def restart(port):
    admin = Client(port)
    for command in ["FLUSHALL", "CONFIG SET notify-keyspace-events", "CLIENT KILL TYPE pubsub"]:
        words = command.encode().split()
        admin.send(words + [b""] if words[0] == b"CONFIG" else words)
        admin.receive()


def play(port, lines):
    clients = {}
    restart(port)
    for line in lines:
        if line.startswith("    "):
            continue
        yield line
        if line == "---":
            clients.clear()
            restart(port)
        elif line and not line.startswith("#"):
            name, mark, words = line.partition(" ")
            shown = name.endswith(":")
            name = name[:-1]
            if name not in clients:
                clients[name] = Client(port)
            clients[name].send(record.split(words))
            for other in sorted(clients):
                received = clients[other].receive()
                if shown and received:
                    yield f"    {other} {record.quote(received)}"


def main():
    port = int(sys.argv[1])
    paths = [pathlib.Path(path) for path in sys.argv[2:]] or sorted(HERE.glob("*.txt"))
    for path in paths:
        lines = path.read_text().splitlines()
        path.write_text("\n".join(play(port, lines)) + "\n")


main()
