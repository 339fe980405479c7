#!/usr/bin/env python3
"""Records what a Redis server replies to the scripts in this folder.

    record.py PORT [SCRIPT...]

sends each script (NAME.txt: one command a line, quoted as for redis-cli; empty lines and lines that
begin with '#' are skipped) to the server on 127.0.0.1:PORT, once in RESP2 and once in RESP3, and
writes the replies to NAME.resp2 and NAME.resp3: one reply a line, quoted in the same way. Each
script is sent twice and must be answered alike both times. The server's data is lost.
"""

import pathlib
import re
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent
ESCAPES = {"n": 10, "r": 13, "t": 9, "b": 8, "a": 7}


def split(line):
    """Splits a line as redis-cli does."""
    words, at = [], 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        word = bytearray()
        if line[at] == '"':
            at += 1
            while line[at] != '"':
                if line[at] == "\\" and line[at + 1] == "x":
                    word.append(int(line[at + 2 : at + 4], 16))
                    at += 4
                elif line[at] == "\\":
                    word.append(ESCAPES.get(line[at + 1], ord(line[at + 1])))
                    at += 2
                else:
                    word.append(ord(line[at]))
                    at += 1
            at += 1
        else:
            end = line.find(" ", at)
            end = len(line) if end < 0 else end
            word += line[at:end].encode()
            at = end
        words.append(bytes(word))
    return words


def quote(reply):
    text = reply.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    text = text.replace(b"\r", b"\\r").replace(b"\n", b"\\n")
    return '"' + re.sub(rb"[^ -~]", lambda m: b"\\x%02x" % m.group()[0], text).decode() + '"'


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.stream = self.socket.makefile("rb")

    def read(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind in b"$=" and int(rest) >= 0:
            return line + self.stream.read(int(rest) + 2)
        if kind in b"*~>%":
            count = max(int(rest), 0) * (2 if kind == b"%" else 1)
            return line + b"".join(self.read() for _ in range(count))
        return line

    def run(self, words):
        parts = [b"*%d\r\n" % len(words)]
        parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
        self.socket.sendall(b"".join(parts))
        return self.read()


def replies(port, version, commands):
    client = Client(port)
    client.run([b"HELLO", b"%d" % version])
    return [quote(client.run(words)) for words in commands]


def main():
    port = int(sys.argv[1])
    scripts = [pathlib.Path(path) for path in sys.argv[2:]] or sorted(HERE.glob("*.txt"))
    for script in scripts:
        lines = script.read_text().splitlines()
        commands = [split(line) for line in lines if line and not line.startswith("#")]
        for version in (2, 3):
            first = replies(port, version, commands)
            second = replies(port, version, commands)
            for words, a, b in zip(commands, first, second):
                if a != b:
                    sys.exit(f"{script.name}: {words} is not deterministic: {a} and {b}")
            out = script.with_suffix(f".resp{version}")
            out.write_text("".join(reply + "\n" for reply in first))
        print(f"{script.name}: {len(commands)} commands")


if __name__ == "__main__":
    main()
