"""The side-by-side benchmark harness: starts servers, loads them in turns, compares them.

    procfs, stats, parsers   pure readers: text in, numbers out
    cpus, process, resp      where things run, starting and stopping them, a small client
    servers, loadgen         how each server and each load generator is called
    points, rounds           what is measured, and the alternating rounds that measure it
    report, svg              tables, JSON and plots
    preset_*                 the sub-commands of bench/compare

Only the standard library of Python 3.11 is used.
"""
