#!/usr/bin/env python3
"""Runs conformance cases that are pure data against a running server, and counts them.

    run_cases.py PORT FILE [--max-since 7.2.0] [--verbose]

FILE is a JSON list of cases as the suite resp-compatibility has them: `command`, a list of commands
in words; `result`, what each replies; `since`, the version of Redis that has them; and optionally
`tags` (a case for "cluster" alone is left out), `sort_result` (order does not matter),
`float_result` (numbers are equal within 0.01), `command_binary` (commands hold escapes) and
`skipped`. Any error reply meets an expected error. Each case starts from an empty server: the data
of the server on 127.0.0.1:PORT is lost. A case whose commands the server does not know is counted
apart. The exit status is 0 when every case that ran has passed.
"""

import argparse
import json
import pathlib
import socket
import sys

FLOAT_TOLERANCE = 0.01


class ServerError(str):
    """An error reply."""


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.stream = self.socket.makefile("rb")

    def run(self, words):
        request = b"*%d\r\n" % len(words)
        for word in words:
            request += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(request)
        return self.read()

    def read(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return ServerError(rest.decode())
        if kind == b":":
            return int(rest)
        size = int(rest)
        if kind == b"$":
            return None if size < 0 else self.stream.read(size + 2)[:-2].decode("latin-1")
        if kind == b"*":
            return None if size < 0 else [self.read() for _ in range(size)]
        raise ValueError(f"not a reply in RESP2: {line!r}")


def words_of(command, binary):
    """The words of a command; quotes keep spaces, and in binary ones escapes stand for bytes."""
    words, word, quote, inside = [], "", "", False
    for char in command:
        if quote:
            if char == quote:
                quote = ""
            else:
                word += char
        elif char in "\"'":
            quote, inside = char, True
        elif char == " ":
            if word or inside:
                words.append(word)
            word, inside = "", False
        else:
            word += char
    if word or inside:
        words.append(word)
    if binary:
        return [word.encode().decode("unicode_escape").encode("latin-1") for word in words]
    return [word.encode() for word in words]


def is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def flat(value):
    if isinstance(value, list):
        return [leaf for element in value for leaf in flat(element)]
    return [str(value)]


def matches(reply, expected, case):
    if isinstance(reply, ServerError):
        return isinstance(expected, str) and expected.lower().startswith("error") or (
            isinstance(expected, str) and expected.startswith(("ERR", "-", "WRONGTYPE")))
    if isinstance(expected, list) and isinstance(reply, list):
        if case.get("sort_result"):
            return sorted(flat(reply)) == sorted(flat(expected))
        return len(reply) == len(expected) and all(
            matches(one, other, case) for one, other in zip(reply, expected))
    if case.get("float_result") and is_number(reply) and is_number(expected):
        return abs(float(reply) - float(expected)) <= FLOAT_TOLERANCE
    if isinstance(expected, (int, float)) and not isinstance(reply, list):
        return str(reply) == str(expected)
    return reply == expected


def run_case(client, case):
    """None when the case passes, or why it does not; and whether a command was unknown."""
    client.run([b"FLUSHALL"])
    for command, expected in zip(case["command"], case["result"]):
        reply = client.run(words_of(command, case.get("command_binary")))
        unknown = isinstance(reply, ServerError) and reply.startswith("ERR unknown")
        if not matches(reply, expected, case):
            return f"{command}: {reply!r} instead of {expected!r}", unknown
    return None, False


def version_of(text):
    return tuple(int(part) for part in text.split("."))


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("port", type=int)
    options.add_argument("file", type=pathlib.Path)
    options.add_argument("--max-since", default="7.2.0")
    options.add_argument("--verbose", action="store_true",
                         help="also the cases of unknown commands")
    options = options.parse_args()
    cases = json.loads(options.file.read_text(encoding="utf-8"))
    passed = failed = unknown = left_out = 0
    for case in cases:
        too_new = version_of(case["since"]) > version_of(options.max_since)
        if too_new or case.get("skipped") or case.get("tags") == "cluster":
            left_out += 1
            continue
        why, is_unknown = run_case(Client(options.port), case)
        if why is None:
            passed += 1
            continue
        unknown += is_unknown
        failed += not is_unknown
        if not is_unknown or options.verbose:
            print(f"{case['name']}: {why}")
    print(f"{len(cases)} cases: {passed} passed, {failed} failed, {unknown} of commands that the "
          f"server does not have, {left_out} left out")
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
