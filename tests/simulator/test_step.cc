// What a step reads out of its reply. Sources: tests/simulator/step.cc,
// tests/simulator/step_maker.cc.
#include "tests/simulator/step.h"

#include <set>
#include <string>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

using Kind = Action::Kind;

RespValue reply_of(std::string_view bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue value;
  REQUIRE(reader.next(value) == RespReader::Status::kValue);
  return value;
}

std::string finish(Step step, std::string_view reply, bool in_block = false) {
  Operation operation;
  const char* wrong = step.finish(reply_of(reply), in_block, operation.actions);
  if (wrong) return std::string("expected ") + wrong;
  const std::string text = describe(operation);
  const size_t colon = text.find(": ");
  return colon == std::string::npos ? "" : text.substr(colon + 2);
}

TEST_CASE("steps: the places of what was appended") {
  const Step push{{"RPUSH", "a0", "1", "2"},
                  Step::Form::kCount,
                  {{Kind::kAppend, "a0", 1, 0, {}}, {Kind::kAppend, "a0", 2, 0, {}}}};
  CHECK_EQ(finish(push, ":7\r\n"), "append a0 1 (place 6), append a0 2 (place 7)");
  CHECK_EQ(finish(push, "+OK\r\n"), "expected an integer");
}

TEST_CASE("steps: reads of lists and queues") {
  CHECK_EQ(finish(StepMaker::read("a1"), "*2\r\n$8\r\n0000000a\r\n$8\r\n0000000b\r\n"),
           "read a1 2 tokens [a b]");
  CHECK_EQ(finish(StepMaker::read("q1"), "*0\r\n"), "read q1 0 tokens []");
  CHECK_EQ(finish(StepMaker::read("q1"), "*1\r\n$1\r\nx\r\n"), "expected tokens");
  CHECK_EQ(finish(StepMaker::read("l1"), "$16\r\n0000000a0000000b\r\n"), "read l1 2 tokens [a b]");
  CHECK_EQ(finish(StepMaker::read("r1"), "$-1\r\n"), "read r1 0");
}

TEST_CASE("steps: what a pop took, and from where") {
  Step pop{{"LPOP", "q0"}, Step::Form::kPopped, {}, {"q0"}};
  CHECK_EQ(finish(pop, "$8\r\n0000000a\r\n"), "pop q0 a");
  CHECK_EQ(finish(pop, "$-1\r\n"), "read q0 0 tokens []");
  CHECK_EQ(finish(pop, "*2\r\n$8\r\n0000000a\r\n$8\r\n0000000b\r\n"), "pop q0 a, pop q0 b");
  CHECK_EQ(finish(pop, ":1\r\n"), "expected tokens");
  Step move{{"LMOVE"}, Step::Form::kPopped, {}, {"q0"}, "q1"};
  CHECK_EQ(finish(move, "$8\r\n0000000a\r\n"), "pop q0 a, push q1 a");
  Step wait{{"BLPOP"}, Step::Form::kPopped, {}, {"q2", "q0"}, "", true};
  CHECK_EQ(finish(wait, "*2\r\n$2\r\nq0\r\n$8\r\n0000000a\r\n"), "read q2 0 tokens [], pop q0 a");
  CHECK_EQ(finish(wait, "*2\r\n$2\r\nq2\r\n*1\r\n$8\r\n0000000a\r\n"), "pop q2 a");
  CHECK_EQ(finish(wait, "*-1\r\n"), "");
  CHECK_EQ(finish(wait, "*-1\r\n", true), "read q2 0 tokens [], read q0 0 tokens []");
}

TEST_CASE("steps: every command is chosen, and values are never used again") {
  Prng prng(1);
  const WorkloadOptions options;
  StepMaker maker(options, 1, prng);
  std::set<std::string> commands;
  std::set<uint64_t> values;
  for (int i = 0; i < 500; ++i) {
    const Step step = i % 2 == 0 ? maker.any(true) : maker.waiting_pop();
    commands.insert(step.args[0]);
    for (const Action& action : step.actions) {
      if (action.value != 0) CHECK(values.insert(action.value).second);
    }
  }
  CHECK_EQ(commands,
           std::set<std::string>{"APPEND", "BLMOVE", "BLMPOP", "BLPOP", "GET", "INCR", "LMOVE",
                                 "LPOP", "LRANGE", "MGET", "MSET", "RPUSH", "SET"});
}

}  // namespace
}  // namespace rondo
