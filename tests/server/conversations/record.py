#!/usr/bin/env python3
"""Writes into the conversations of this folder what a Redis server replies.

    record.py PORT [FILE...]

A conversation is a text file. `a: SET k v` sends a command as client a (any word); the indented
line below it is the reply, quoted as redis-cli quotes; this program replaces those lines. `wait 20`
lets 20 milliseconds pass. `---` ends all clients, empties the server and begins anew. Lines that
begin with '#' and empty lines are kept. The server's data is lost.
"""

import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts"))
import record  # noqa: E402


def converse(port, lines):
    clients = {}
    record.Client(port).run([b"FLUSHALL"])
    for line in lines:
        if line.startswith("    "):
            continue
        yield line
        if line == "---":
            clients.clear()
            record.Client(port).run([b"FLUSHALL"])
        elif line.startswith("wait "):
            time.sleep(int(line[5:]) / 1000)
        elif line and not line.startswith("#"):
            name, _, words = line.partition(": ")
            if name not in clients:
                clients[name] = record.Client(port)
            yield "    " + record.quote(clients[name].run(record.split(words)))


def main():
    port = int(sys.argv[1])
    paths = [pathlib.Path(path) for path in sys.argv[2:]] or sorted(HERE.glob("*.txt"))
    for path in paths:
        lines = path.read_text().splitlines()
        path.write_text("\n".join(converse(port, lines)) + "\n")


main()
