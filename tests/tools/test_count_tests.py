"""Tests of tools/lib/count_tests.py: what it makes of each kind of report."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "lib"))

import count_tests  # noqa: E402

DOCTEST = "[doctest] test cases:  5 |  4 passed | 1 failed | 2 skipped\n"


class CountProgram(unittest.TestCase):
    def test_doctest(self):
        self.assertEqual(count_tests.count_program("FAIL", DOCTEST, ""), [4, 1, 0])
        colour = DOCTEST.replace("4 passed", "\x1b[0;32m4 passed\x1b[0m")
        self.assertEqual(count_tests.count_program("FAIL", colour, ""), [4, 1, 0])

    def test_a_program_that_died_after_its_summary_has_failed(self):
        good = DOCTEST.replace("1 failed", "0 failed")
        self.assertEqual(count_tests.count_program("OK", good, ""), [4, 0, 0])
        self.assertEqual(count_tests.count_program("FAIL", good, ""), [4, 1, 0])

    def test_unittest(self):
        good = "Ran 7 tests in 0.1s\n\nOK (skipped=2)\n"
        bad = "Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n"
        self.assertEqual(count_tests.count_program("OK", "", good), [5, 0, 2])
        self.assertEqual(count_tests.count_program("FAIL", "", bad), [4, 3, 0])

    def test_a_program_without_a_summary_is_one_test(self):
        self.assertEqual(count_tests.count_program("OK", "", ""), [1, 0, 0])
        self.assertEqual(count_tests.count_program("TIMEOUT", "", ""), [0, 1, 0])
        self.assertEqual(count_tests.count_program("SKIP", "", ""), [0, 0, 1])


class CountTap(unittest.TestCase):
    def count(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".tap", delete=False) as report:
            report.write(text)
        self.addCleanup(os.unlink, report.name)
        return count_tests.count_tap(report.name)

    def test_closing_lines(self):
        text = "ok 1\n# tests 6\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n"
        self.assertEqual(self.count(text), [2, 2, 2])

    def test_a_report_that_breaks_off_is_a_failure(self):
        self.assertEqual(self.count("ok 1\n"), [0, 1, 0])


if __name__ == "__main__":
    unittest.main()
