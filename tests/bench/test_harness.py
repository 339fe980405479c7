"""Tests of the pure parts of bench/harness: parsers, statistics, plans, tables and plots."""

import os
import sys
import time
import unittest
import xml.dom.minidom
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'bench'))

from harness import cpus, parsers, points, procfs, report, resp, rounds, stats, svg  # noqa: E402
from harness.loadgen import combine  # noqa: E402
from harness.parsers import LoadResult, ParseError  # noqa: E402
from harness.preset_matrix import thread_counts  # noqa: E402
from harness.preset_targets import at_least, at_most, below  # noqa: E402
from harness.preset_ticks import (Measured, Ticks, cells, middle_round,  # noqa: E402
                                  parse_ticks, slowest_command)
from harness.process import BenchError  # noqa: E402
from harness.servers import parse_spec  # noqa: E402
from harness.tick_loads import (COLLECTIONS, Phase, chosen, collection_command,  # noqa: E402
                                strings_commands)
from harness.tick_phases import all_phases  # noqa: E402

REDIS_BENCHMARK = '''GET: rps=0.0 (overall: 0.0) avg_msec=nan (overall: nan)\r      \r\
====== GET ======
  2000 requests completed in 0.02 seconds
  50 parallel clients
  64 bytes payload
  keep alive: 1

Latency by percentile distribution:
0.000% <= 0.087 milliseconds (cumulative count 3)
50.000% <= 0.207 milliseconds (cumulative count 1247)
99.219% <= 0.391 milliseconds (cumulative count 1985)
99.902% <= 0.703 milliseconds (cumulative count 1999)
100.000% <= 0.959 milliseconds (cumulative count 2000)

Cumulative distribution of latencies:
62.350% <= 0.207 milliseconds (cumulative count 1248)
100.000% <= 1.007 milliseconds (cumulative count 2000)

Summary:
  throughput summary: 125000.00 requests per second
  latency summary (msec):
          avg       min       p50       p95       p99       max
        0.207     0.080     0.207     0.263     0.367     0.959
'''

MEMTIER = '''{"ALL STATS": {
  "Runtime": {"Total duration": %d, "Interrupted": "%s"},
  "Gets": {"Count": 90900},
  "Totals": {"Count": %d, "Ops/sec": %s, "Misses/sec": 50.0, "Connection Errors": %d,
    "Percentile Latencies": {"p50.00": 0.279, "p99.00": 0.455, "p99.90": 0.775}}}}'''


class RedisBenchmarkReport(unittest.TestCase):
    def test_reads_every_figure(self):
        got = parsers.parse_redis_benchmark(REDIS_BENCHMARK)
        self.assertEqual(got.requests, 2000)
        self.assertAlmostEqual(got.rps, 125000.0)
        self.assertAlmostEqual(got.seconds, 0.016)
        self.assertEqual((got.p50, got.p99, got.p999), (0.207, 0.367, 0.703))
        self.assertIsNone(got.misses)
        self.assertEqual(got.steps[-1], (0.959, 2000))

    def test_a_run_below_the_clock_has_a_finite_rate(self):
        got = parsers.parse_redis_benchmark(REDIS_BENCHMARK.replace('125000.00 req', 'inf req'))
        self.assertEqual((got.requests, got.rps), (2000, 2e6))

    def test_refuses_what_is_not_one_whole_report(self):
        uncovered = REDIS_BENCHMARK.replace('2000 requests completed', '2010 requests completed')
        nothing = REDIS_BENCHMARK.replace('125000.00 requests per', '0.00 requests per')
        for text in ('', 'ERROR: server closed', REDIS_BENCHMARK * 2, uncovered, nothing,
                     REDIS_BENCHMARK.partition('Summary')[0]):
            with self.assertRaises(ParseError):
                parsers.parse_redis_benchmark(text)


class MemtierResult(unittest.TestCase):
    def test_reads_every_figure(self):
        got = parsers.parse_memtier(MEMTIER % (500, 'false', 100000, '200000.0', 0))
        self.assertEqual((got.requests, got.seconds, got.misses), (100000, 0.5, 25.0))
        self.assertEqual((got.p50, got.p99, got.p999), (0.279, 0.455, 0.775))

    def test_a_rate_of_zero_falls_back_on_the_duration(self):
        got = parsers.parse_memtier(MEMTIER % (4, 'false', 6000, '0.0', 0))
        self.assertAlmostEqual(got.seconds, 0.004)
        self.assertGreater(parsers.parse_memtier(MEMTIER % (0, 'false', 9, '0', 0)).seconds, 0)

    def test_refuses_broken_runs(self):
        for text in ('', '{}', '[]', '{"ALL STATS": 3}', MEMTIER % (5, 'false', 0, '0', 0),
                     MEMTIER % (5, 'true', 10, '1', 0), MEMTIER % (5, 'false', 10, '1', 2)):
            with self.assertRaises(ParseError):
                parsers.parse_memtier(text)

    def test_finds_the_error_replies(self):
        err = ('[RUN #1 10%]\rserver 127.0.0.1:1 handle error response: -WRONGTYPE Operation\n'
               'Json file closed.\n')
        self.assertEqual(parsers.memtier_errors(err), ['-WRONGTYPE Operation'])
        self.assertEqual(parsers.memtier_errors('[RUN #1 100%] done'), [])


class ProfilerOutput(unittest.TestCase):
    def test_perf(self):
        text = '12345,,instructions:u,1000,100.00,,\n99,,instructions:k,1000,100.00,,\n'
        self.assertEqual(parsers.parse_perf(text),
                         {'instructions:u': 12345, 'instructions:k': 99})
        for bad in ('<not supported>,,instructions:u,0,100.00,,\n', '', 'Error: no such event'):
            with self.assertRaises(ParseError):
                parsers.parse_perf(bad)

    def test_callgrind(self):
        self.assertEqual(parsers.parse_callgrind('version: 1\nfn=(1)\n1 2\ntotals: 250\n'), 250)
        with self.assertRaises(ParseError):
            parsers.parse_callgrind('version: 1\n')


class Proc(unittest.TestCase):
    def test_stat_with_a_hostile_name(self):
        fields = ' '.join(str(n) for n in range(100, 140))  # Field 4 and those that follow.
        got = procfs.parse_stat(f'42 (a) R (b c) S {fields}', ticks_per_second=10)
        self.assertEqual(got, (11.0, 11.1))

    def test_own_process_is_readable(self):
        self.assertGreater(procfs.read_rss(os.getpid()), 1 << 20)
        before = procfs.read_cpu(os.getpid())
        while time.process_time() < before.total + 0.05:
            pass
        used = procfs.read_cpu(os.getpid()).since(before)
        self.assertGreaterEqual(used.total, 0.05)
        self.assertAlmostEqual(used.user + used.system, used.total, delta=0.05)

    def test_status(self):
        sizes = procfs.parse_status('Name:\trondo\nVmRSS:\t    2048 kB\nThreads:\t3\n')
        self.assertEqual(sizes, {'VmRSS': 2 << 20})

    def test_machine(self):
        text = 'cpu  100 20 30 5000 60 7 8 90 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n'
        self.assertAlmostEqual(procfs.parse_machine_busy(text, ticks_per_second=100), 2.4)
        with self.assertRaises(ValueError):
            procfs.parse_machine_busy('intr 1 2 3 4 5 6 7 8 9', 100)

    def test_cpu_list(self):
        self.assertEqual(procfs.parse_cpu_list('0-2,8\n'), [0, 1, 2, 8])
        self.assertEqual(procfs.parse_cpu_list('\n'), [])


class CpuPlan(unittest.TestCase):
    def test_server_and_load_are_apart_where_they_can_be(self):
        self.assertEqual(cpus.plan([0, 1], {}, 1), cpus.Plan((0,), (1,), False))
        self.assertEqual(cpus.plan([0, 1], {}, 2), cpus.Plan((0, 1), (1,), True))
        self.assertEqual(cpus.plan([3], {}, 1), cpus.Plan((3,), (3,), True))

    def test_siblings_of_the_server_are_left_alone(self):
        siblings = {0: [0, 4], 1: [1, 5], 4: [0, 4], 5: [1, 5], 2: [2], 3: [3]}
        self.assertEqual(cpus.plan([0, 1, 2, 3, 4, 5], siblings, 2),
                         cpus.Plan((0, 1), (2, 3), False))
        # With nothing but siblings left, they are better than sharing.
        self.assertEqual(cpus.plan([0, 1, 4, 5], siblings, 2), cpus.Plan((0, 1), (4, 5), False))


class Statistics(unittest.TestCase):
    def test_median_spread_ratio(self):
        self.assertEqual(stats.median([3, 1, 2]), 2.0)
        self.assertEqual(stats.spread_percent([9, 10, 11]), 10.0)
        self.assertEqual(stats.spread_percent([0, 0]), 0.0)
        self.assertEqual(stats.ratio_of_medians([1, 2, 3], [4, 4, 4]), 0.5)
        self.assertIsNone(stats.ratio_of_medians([1], [0]))
        self.assertEqual(stats.ratio_range([1, 4], [2, 2]), (0.5, 2.0))
        self.assertIsNone(stats.ratio_range([1], [0]))

    def test_percentiles_of_two_runs(self):
        fast, slow = [(0.1, 90), (0.5, 100)], [(0.2, 5), (2.0, 10)]
        self.assertEqual(stats.percentile_of_steps([fast], 50), 0.1)
        self.assertEqual(stats.percentile_of_steps([fast, slow], 95), 0.5)
        self.assertEqual(stats.percentile_of_steps([fast, slow], 99.9), 2.0)
        with self.assertRaises(ValueError):
            combine([LoadResult(1, 1.0, 1, 1, 1)])
        both = combine([LoadResult(100, 1.0, 0.1, 0.5, 0.5, None, fast),
                        LoadResult(10, 0.1, 0.2, 2, 2, None, slow)])
        self.assertEqual((both.requests, both.p50, both.p999), (110, 0.1, 2.0))
        self.assertAlmostEqual(both.rps, 100.0)

    def test_numbers_for_people(self):
        self.assertEqual([stats.human_count(n) for n in (5.0, 131578.9, 1234567)],
                         ['5.00', '132k', '1.23M'])
        self.assertEqual([stats.human_bytes(n) for n in (64, 1024, 16384, 1500)],
                         ['64B', '1KiB', '16KiB', '1500B'])
        self.assertEqual([stats.significant(n) for n in (0.0, 0.0123, 0.702, 6.33, 159.5, 4377)],
                         ['0.000', '0.0123', '0.702', '6.33', '160', '4377'])


class Specs(unittest.TestCase):
    def test_flags_by_kind(self):
        rondo = parse_spec('rondo=/x/rondo', threads=2)
        self.assertEqual(rondo.argv(7000)[1:], ['--port', '7000', '--threads', '2', '--save', '',
                                                '--bind', '127.0.0.1'])
        self.assertTrue(rondo.scales)
        valkey = parse_spec("v=/x/valkey-server:--io-threads {threads} --save ''", threads=3)
        self.assertEqual(valkey.argv(1)[-4:], ['--io-threads', '3', '--save', ''])
        self.assertFalse(parse_spec('r=redis-server').scales)
        self.assertEqual(rondo.with_threads(4).name, 'rondo/4')

    def test_a_port_in_the_arguments_replaces_the_defaults(self):
        self.assertEqual(parse_spec('d=/x/other:-p {port}').argv(9), ['/x/other', '-p', '9'])

    def test_refuses_nonsense(self):
        for text in ('', 'redis', '=path', 'name=', 'name=:args', "n=p:'"):
            with self.assertRaises(BenchError):
                parse_spec(text)


class Counters(unittest.TestCase):
    BEFORE = {'total_commands_processed': '10', 'total_error_replies': '1', 'keyspace_misses': '2'}

    def check(self, misses=None, **after):
        rounds.check_counters('s', self.BEFORE, self.BEFORE | after, 100, misses)

    def test_a_good_run(self):
        self.check(total_commands_processed='110')
        rounds.check_counters('s', {}, {}, 100, None)  # A server without these counters.

    def test_bad_runs(self):
        for after in ({'total_commands_processed': '109'},
                      {'total_commands_processed': '110', 'total_error_replies': '2'},
                      {'total_commands_processed': '110', 'keyspace_misses': '3'},
                      {'total_commands_processed': '110', 'misses': 1.0}):
            with self.assertRaises(BenchError, msg=after):
                self.check(**after)


class Merging(unittest.TestCase):
    def test_passes_join_in_order(self):
        point, other = points.Point('get', 1, 64, 50), points.Point('set', 1, 64, 50)

        def one(server, at, number):
            sample = rounds.Sample(number, 1, float(number), *[0.0] * 9, 0)
            return rounds.Series(server, at, [sample])

        got = rounds.merge([one('a', point, 1), one('b', point, 1), one('a', other, 1),
                            one('a', point, 2), one('b', point, 2)])
        self.assertEqual([(s.server, s.point.op, s.values('rps')) for s in got],
                         [('a', 'get', [1.0, 2.0]), ('b', 'get', [1.0, 2.0]), ('a', 'set', [1.0])])
        self.assertEqual(got[0].as_json()['median']['rps'], 1.5)


class Output(unittest.TestCase):
    def test_matrix_keeps_value_sizes_together(self):
        got = points.matrix(('get', 'set'), (1, 30), (64, 1024), (50,))
        self.assertEqual([p.value for p in got], [64] * 4 + [1024] * 4)
        self.assertEqual(str(got[1]), 'get p30 64B c50')
        self.assertEqual(points.matrix(('mget',), (10, 100), (16384,), (500,)),
                         [points.Point('mget', 10, 16384, 500)])
        self.assertEqual(points.keys_for(1 << 20, 16384), points.DATA_BYTES_MAX // 16384)
        self.assertEqual(points.keys_for(100, 16), 100)

    def test_thread_counts(self):
        self.assertEqual([thread_counts(n) for n in (1, 2, 12, 16)],
                         [[1], [1], [1, 2, 4, 6], [1, 2, 4, 8]])

    def test_verdicts(self):
        self.assertTrue(at_most('cpu', 0.8, [0.79] * 5, [1.0] * 5).reached)
        self.assertFalse(at_most('cpu', 0.8, [0.81] * 5, [1.0] * 5).reached)
        self.assertTrue(at_least('rps', 2.5, [5.0], [2.0]).reached)
        self.assertFalse(at_least('rps', 2.5, [4.9], [2.0]).reached)
        self.assertFalse(below('memory', 104, 'B', [104.5]).reached)
        self.assertIsNone(at_most('cpu', 0.8, [1.0], [0.0]).reached)

    def test_table(self):
        got = report.table(('a', 'b'), [('longer', '1')])
        self.assertEqual(got, '| a      |  b |\n| ------ | -: |\n| longer |  1 |')
        self.assertEqual(report.ratio_text([1, 2, 3], [2, 2, 2]), '1.00 (0.50-1.50)')

    def test_plots_are_xml(self):
        panel = svg.Panel('us', {('row', 'a<b'): 6.33, ('row', 'c'): 0.0})
        bars = svg.bars('t & t', ['row', 'empty'], ['a<b', 'c'], [panel])
        self.assertIn('6.33', bars)
        xml.dom.minidom.parseString(bars)
        self.assertEqual([svg.round_step(n) for n in (1, 1.5, 21, 300, 0.6)],
                         [1, 2, 25, 500, 1])
        curves = svg.lines('t', 'x', 'y', {'a': [(1, 10.0), (2, 19.0)], 'none': []})
        self.assertEqual(xml.dom.minidom.parseString(curves)
                         .getElementsByTagName('circle').length, 2)

    def test_resp(self):
        self.assertEqual(resp.encode('SET', b'k', 12),
                         b'*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n12\r\n')
        self.assertEqual(resp.parse_info(b'# Server\r\nredis_version:7.0.15\r\nx:a:b\r\n'),
                         {'redis_version': '7.0.15', 'x': 'a:b'})


def decode_commands(data: bytes) -> list[list[bytes]]:
    """Arrays of bulk strings, whose lengths have to be right."""
    at, commands = 0, []

    def line(kind: bytes) -> int:
        nonlocal at
        end = data.index(b'\r\n', at)
        assert data[at:at + 1] == kind, data[at:at + 20]
        number = int(data[at + 1:end])
        at = end + 2
        return number

    while at < len(data):
        words = []
        for _ in range(line(b'*')):
            size = line(b'$')
            words.append(data[at:at + size])
            assert data[at + size:at + size + 2] == b'\r\n'
            at += size + 2
        commands.append(words)
    return commands


class TickLoads(unittest.TestCase):
    def test_strings_are_whole_commands(self):
        got = decode_commands(strings_commands(8, 3))
        self.assertEqual([words[1] for words in got],
                         [b'key:%010d' % i for i in (8, 9, 10)])
        self.assertTrue(all(len(words[1]) == 14 and len(words[2]) == 64 for words in got))
        expiring = decode_commands(strings_commands(0, 2, (b'PXAT', b'123')))
        self.assertEqual([words[3:] for words in expiring], [[b'PXAT', b'123']] * 2)

    def test_collections_are_whole_commands_of_distinct_members(self):
        for kind, (name, item) in COLLECTIONS.items():
            first, = decode_commands(collection_command(kind, b'big', 0, 100))
            second, = decode_commands(collection_command(kind, b'big', 100, 50))
            self.assertEqual(first[:2], [name, b'big'])
            self.assertEqual(len(first) - 2, 100 * len(item))
            self.assertEqual(len(second) - 2, 50 * len(item))
            named = 1 if kind == 'zset' else 0
            members = first[2 + named::len(item)] + second[2 + named::len(item)]
            self.assertEqual(len(set(members)), 150)

    def test_phases_have_names_of_their_own_and_are_chosen_by_patterns(self):
        names = [phase.name for phase in all_phases()]
        self.assertEqual(len(names), len(set(names)))
        phases = [Phase(name, lambda bench: None)
                  for name in ('set: DEL', 'set: load', 'list: DEL')]
        self.assertEqual([phase.name for phase in chosen(phases, 'set:*')],
                         ['set: DEL', 'set: load'])
        self.assertEqual([phase.name for phase in chosen(phases, '*DEL,*load')],
                         ['set: DEL', 'set: load', 'list: DEL'])
        self.assertEqual(chosen(phases, 'none'), [])


class TickResults(unittest.TestCase):
    INFO = {'core0': 'ticks=9,longest_tick_us=900,cpu_ticks_over=2,longest_cpu_tick_us=1500,'
                     'longest_cpu_part=completions',
            'core1': 'ticks=9,longest_tick_us=7000,cpu_ticks_over=1,longest_cpu_tick_us=1200,'
                     'longest_cpu_part=flush',
            'transactions': '4'}

    def test_ticks_of_all_cores_are_put_together(self):
        self.assertEqual(parse_ticks(self.INFO), Ticks(1500, 7000, 3, 'completions'))

    def test_a_server_without_ticks_has_none(self):
        self.assertIsNone(parse_ticks({'transactions': '4'}))
        self.assertIsNone(parse_ticks({'core0': 'ticks=9,longest_tick_us=900'}))

    def test_the_slowest_command_is_not_one_of_the_measurement(self):
        def entry(us: int, *words: bytes) -> list:
            return [1, 1700000000, us, list(words), b'peer', b'']
        entries = [entry(5, b'get', b'a'), entry(700, b'del', b'big'), entry(9000, b'debug'),
                   entry(800, b'SLOWLOG')]
        self.assertEqual(slowest_command(entries), (700, 'DEL'))
        self.assertEqual(slowest_command([]), (0, ''))

    def test_the_median_round_is_shown(self):
        rounds = [Measured('a', Ticks(us, us, 0, 'flush'), 1, 'GET') for us in (900, 100, 300)]
        self.assertEqual(middle_round(rounds).ticks.longest_cpu_us, 300)
        commands = [Measured('a', None, us, 'GET') for us in (5, 9, 7)]
        self.assertEqual(middle_round(commands).command_us, 7)
        self.assertEqual(cells(rounds[0]), ['a', '0.90', '0.90', '0', 'flush', '0.00 GET'])
        self.assertEqual(cells(commands[1]), ['a', '-', '-', '-', '-', '0.01 GET'])


if __name__ == '__main__':
    unittest.main()
