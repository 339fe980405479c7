"""Adds up the test results and prints `N passed, N failed, N skipped` as the last line.

Arguments: meson's testlog.json, and any number of TAP reports of node's test runner. A program
that prints a summary of doctest or of Python's unittest counts with its test cases, any other as
one test; a program that died, or failed without saying which test case it was, adds one failure.
Exits 1 when a test failed or none ran.
"""

import json
import re
import sys

DOCTEST = re.compile(
    r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped")
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)
GOOD_ENDS = {"OK", "EXPECTEDFAIL"}


def count_meson(path):
    """Totals (passed, failed, skipped) over one line of JSON for each test program."""
    totals = [0, 0, 0]
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            add(totals, count_program(test["result"], test.get("stdout") or "",
                                      test.get("stderr") or ""))
    return totals


def count_program(result, stdout, stderr):
    if result == "SKIP":
        return [0, 0, 1]
    good = result in GOOD_ENDS
    stdout = re.sub(r"\x1b\[[0-9;]*m", "", stdout)
    if summary := DOCTEST.search(stdout):
        # Test cases filtered away at the command line are not reported: nobody asked for them.
        passed, failed, skipped = int(summary.group(2)), int(summary.group(3)), 0
    elif summary := UNITTEST.search(stderr):
        parts = dict(re.findall(r"(\w+)=(\d+)", summary.group(2) or ""))
        failed = int(parts.get("failures", 0)) + int(parts.get("errors", 0))
        skipped = int(parts.get("skipped", 0))
        passed = int(summary.group(1)) - failed - skipped
    else:
        passed, failed, skipped = (1, 0, 0) if good else (0, 1, 0)
    if not good and failed == 0:
        failed = 1
    return [passed, failed, skipped]


def count_tap(path):
    """Totals of one TAP report. A report without its closing lines is one failure."""
    with open(path, encoding="utf-8") as report:
        fields = dict(re.findall(r"^# (pass|fail|cancelled|skipped|todo) (\d+)$", report.read(),
                                 re.MULTILINE))
    if "pass" not in fields:
        return [0, 1, 0]
    number = {name: int(count) for name, count in fields.items()}
    return [
        number["pass"],
        number.get("fail", 0) + number.get("cancelled", 0),
        number.get("skipped", 0) + number.get("todo", 0),
    ]


def add(totals, more):
    for index, count in enumerate(more):
        totals[index] += count


def main():
    totals = [0, 0, 0]
    try:
        add(totals, count_meson(sys.argv[1]))
        for path in sys.argv[2:]:
            add(totals, count_tap(path))
    except OSError as error:
        print(f"cannot read the results: {error}", file=sys.stderr)
        totals[1] += 1
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
