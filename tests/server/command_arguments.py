#!/usr/bin/env python3
"""Prints the arguments of all commands of a Redis server of 7.2 or later, as its COMMAND DOCS says.

    command_arguments.py PORT

A command stands at the beginning of a line, its arguments below it, two columns further in, those
of a block or a choice two more: the name, the type, and what else there is to say of it.

command_arguments.txt beside this was printed from Redis 8.0.6; from a Rondo it prints the part of
the commands that are there.
"""

import socket
import sys

FIELDS = {
    "display_text": "display",
    "key_spec_index": "key_spec",
    "token": "token",
    "since": "since",
    "deprecated_since": "deprecated",
}


class Connection:
    def __init__(self, port):
        self.file = socket.create_connection(("127.0.0.1", port)).makefile("rwb")

    def command(self, *words):
        self.file.write(b"*%d\r\n" % len(words))
        for word in words:
            self.file.write(b"$%d\r\n%s\r\n" % (len(word), word.encode()))
        self.file.flush()
        return self.read()

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2].decode()
        if kind in b"*~":
            return [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(rest))}
        if kind in b"+:":
            return rest
        sys.exit(f"unexpected reply: {line!r}")


def print_arguments(arguments, indent):
    for argument in arguments:
        words = [argument["name"], argument["type"]]
        for field, word in FIELDS.items():
            is_name = field == "display_text" and argument.get(field) == argument["name"]
            if field in argument and not is_name:
                words.append(f"{word}={argument[field]}")
        words += sorted(argument.get("flags", []))
        print(" " * indent + " ".join(words))
        print_arguments(argument.get("arguments", []), indent + 2)


def print_commands(commands):
    for name, docs in sorted(commands.items()):
        if name.isupper():  # Of a module.
            continue
        print(name)
        print_arguments(docs.get("arguments", []), 2)
        print_commands(docs.get("subcommands", {}))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    connection = Connection(int(sys.argv[1]))
    connection.command("HELLO", "3")
    print_commands(connection.command("COMMAND", "DOCS"))


main()
