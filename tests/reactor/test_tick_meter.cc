#include "reactor/tick_meter.h"

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a meter that is off measures nothing") {
  TickMeter meter;
  meter.end(TickPart::kMessages);
  meter.end_tick();
  CHECK_FALSE(meter.on());
  CHECK(meter.measured().ticks == 0);
  CHECK(meter.measured().longest_ns == 0);
}

TEST_CASE("the longest tick is kept with its parts, and long ones are counted") {
  TickMeter meter;
  meter.set_limit_us(1000);
  meter.start(5'000'000);
  meter.end(TickPart::kMessages, 5'100'000);
  meter.end(TickPart::kCompletions, 5'700'000);
  meter.end(TickPart::kCompletions, 5'900'000);
  meter.end_tick(6'000'000);
  CHECK(meter.measured().ticks == 1);
  CHECK(meter.measured().over == 0);  // At the limit, not over it.
  CHECK(meter.measured().longest_ns == 1'000'000);
  CHECK(meter.measured().longest_part() == TickPart::kCompletions);

  meter.end(TickPart::kBackground, 9'000'000);
  meter.end_tick(9'000'000);
  meter.end_tick(9'500'000);
  CHECK(meter.measured().ticks == 3);
  CHECK(meter.measured().over == 1);
  CHECK(meter.measured().longest_ns == 3'000'000);
  CHECK(meter.measured().longest_part() == TickPart::kBackground);
  CHECK(meter.measured().parts_ns[static_cast<size_t>(TickPart::kCompletions)] == 0);
}

TEST_CASE("what is skipped counts nowhere, and a reset forgets") {
  TickMeter meter;
  meter.set_limit_us(1);
  const int64_t until_ns = read_thread_cpu_ns() + 20'000'000;
  while (read_thread_cpu_ns() < until_ns) {
  }
  meter.skip();
  meter.end_tick();
  CHECK(meter.measured().ticks == 1);
  CHECK(meter.measured().longest_ns < 20'000'000);
  meter.reset();
  CHECK(meter.measured().ticks == 0);
  CHECK(meter.measured().longest_ns == 0);
}

TEST_CASE("processor time of this thread is measured") {
  TickMeter meter;
  meter.set_limit_us(1000);
  const int64_t until_ns = read_thread_cpu_ns() + 2'000'000;
  while (read_thread_cpu_ns() < until_ns) {
  }
  meter.end(TickPart::kTimers);
  meter.end_tick();
  CHECK(meter.measured().over == 1);
  CHECK(meter.measured().longest_part() == TickPart::kTimers);
}

}  // namespace
}  // namespace rondo
