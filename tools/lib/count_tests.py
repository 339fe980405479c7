"""Adds up the test results and prints `N passed, N failed, N skipped` as the last line.

Arguments: meson's testlog.json, and any number of TAP reports of node's test runner. A program
that prints a doctest summary counts with its test cases, any other as one test; a program that
died, or failed without saying which test case it was, adds one failure. Exits 1 when a test
failed or none ran.
"""

import json
import re
import sys

DOCTEST = re.compile(
    r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped")
GOOD_ENDS = {"OK", "EXPECTEDFAIL"}


def count_meson(path):
    """Totals (passed, failed, skipped) over one line of JSON for each test program."""
    totals = [0, 0, 0]
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            add(totals, count_program(test["result"], test.get("stdout") or ""))
    return totals


def count_program(result, stdout):
    if result == "SKIP":
        return [0, 0, 1]
    good = result in GOOD_ENDS
    summary = DOCTEST.search(re.sub(r"\x1b\[[0-9;]*m", "", stdout))
    if not summary:
        return [1, 0, 0] if good else [0, 1, 0]
    passed, failed = int(summary.group(2)), int(summary.group(3))
    if not good and failed == 0:
        failed = 1
    # Test cases filtered away at the command line are not reported: nobody asked for them.
    return [passed, failed, 0]


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


sys.exit(main())
