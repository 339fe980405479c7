// Histories made by hand: good ones, and one of each kind of violation.
#include <string>
#include <vector>

#include "tests/simulator/checker.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Kind = Action::Kind;

Action append(std::string key, uint64_t token, uint64_t position = 0) {
  return {Kind::kAppend, std::move(key), token, position, {}};
}
Action list(std::string key, std::vector<uint64_t> tokens) {
  return {Kind::kReadList, std::move(key), 0, 0, std::move(tokens)};
}
Action write(std::string key, uint64_t value) {
  return {Kind::kWrite, std::move(key), value, 0, {}};
}
Action read(std::string key, uint64_t value) {
  return {Kind::kRead, std::move(key), value, 0, {}};
}
Action increment(std::string key, uint64_t result) {
  return {Kind::kIncrement, std::move(key), 0, result, {}};
}
Action count(std::string key, uint64_t value) {
  return {Kind::kReadCounter, std::move(key), 0, value, {}};
}

// All operations overlap unless they say when they were.
struct Made {
  History history;

  Made& add(std::vector<Action> actions, int64_t invoked = 0, int64_t answered = 1000,
            Outcome outcome = Outcome::kDone) {
    Operation operation;
    operation.client = static_cast<int>(history.operations.size());
    operation.invoked = invoked;
    operation.answered = answered;
    operation.outcome = outcome;
    operation.actions = std::move(actions);
    history.operations.push_back(std::move(operation));
    return *this;
  }
  std::string anomaly() const {
    const Verdict verdict = check_history(history);
    CHECK_EQ(verdict.valid, verdict.anomaly.empty());
    CHECK_EQ(verdict.valid, verdict.report.empty());
    return verdict.anomaly;
  }
};

TEST_CASE("good histories") {
  CHECK_EQ(Made().anomaly(), "");
  CHECK_EQ(Made().add({append("l", 1)}).anomaly(), "");
  CHECK_EQ(Made()
               .add({append("l", 1), append("m", 2)}, 0, 10)
               .add({list("l", {1}), list("m", {2})}, 5, 15)
               .add({list("l", {}), list("m", {})}, 5, 15)
               .add({append("l", 3), list("l", {1, 3})}, 20, 30)
               .add({list("m", {2}), list("l", {1, 3})}, 25, 40)
               .anomaly(),
           "");
  CHECK_EQ(Made()
               .add({write("r", 1), write("s", 1)}, 0, 10)
               .add({write("r", 2), write("s", 2)}, 0, 10)
               .add({read("r", 2), read("s", 2)}, 20, 30)
               .add({read("r", 2), write("r", 3), read("r", 3)}, 25, 40)
               .anomaly(),
           "");
  CHECK_EQ(Made()
               .add({increment("c", 1)}, 0, 10)
               .add({increment("c", 3)}, 0, 50)
               .add({count("c", 2)}, 20, 30)
               .anomaly(),
           "");
}

TEST_CASE("G0: writes in a circle") {
  CHECK_EQ(Made()
               .add({append("l", 1), append("m", 1)})
               .add({append("l", 2), append("m", 2)})
               .add({list("l", {1, 2})}, 2000, 2001)
               .add({list("m", {2, 1})}, 2000, 2001)
               .anomaly(),
           "G0");
  // The places come from the replies too.
  CHECK_EQ(Made()
               .add({append("l", 1, 1), append("m", 1, 2)})
               .add({append("l", 2, 2), append("m", 2, 1)})
               .anomaly(),
           "G0");
  CHECK_EQ(Made()
               .add({increment("c", 1), increment("d", 2)})
               .add({increment("c", 2), increment("d", 1)})
               .anomaly(),
           "G0");
}

TEST_CASE("G1c: each read what the other one wrote") {
  CHECK_EQ(
      Made().add({append("l", 1), list("m", {2})}).add({append("m", 2), list("l", {1})}).anomaly(),
      "G1c");
  CHECK_EQ(Made().add({write("r", 1), read("s", 2)}).add({write("s", 2), read("r", 1)}).anomaly(),
           "G1c");
}

TEST_CASE("G-single: a read of one half of a write") {
  const Verdict verdict = check_history(Made()
                                            .add({append("l", 1), append("m", 2)})
                                            .add({list("l", {1}), list("m", {})})
                                            .add({list("m", {2})}, 2000, 2001)
                                            .history);
  CHECK_EQ(verdict.anomaly, "G-single");
  CHECK_EQ(verdict.operations.size(), 2);
  CHECK_NE(verdict.report.find("append l 1"), std::string::npos);
  // A lost update.
  CHECK_EQ(Made()
               .add({list("l", {}), append("l", 1)})
               .add({list("l", {}), append("l", 2)})
               .add({list("l", {1, 2})}, 2000, 2001)
               .anomaly(),
           "G-single");
  CHECK_EQ(Made().add({write("r", 1), write("s", 1)}).add({read("r", 1), read("s", 0)}).anomaly(),
           "G-single");
  CHECK_EQ(Made()
               .add({increment("c", 1), increment("d", 1)})
               .add({count("c", 1), count("d", 0)})
               .anomaly(),
           "G-single");
  // Versions of registers are ordered by what else is known: 1 is older than 2 by time.
  // What follows from the wrong sight contradicts that, so this is a circle of writes too.
  CHECK_EQ(Made()
               .add({write("r", 1), write("s", 1)}, 0, 10)
               .add({write("r", 2), write("s", 2)}, 20, 30)
               .add({read("r", 1), read("s", 2)}, 0, 1000)
               .anomaly(),
           "G0");
}

TEST_CASE("G2: two reads that were both overwritten") {
  // Write skew.
  CHECK_EQ(Made()
               .add({list("l", {}), append("m", 1)})
               .add({list("m", {}), append("l", 2)})
               .add({list("l", {2}), list("m", {1})}, 2000, 2001)
               .anomaly(),
           "G2");
  // Two readers that saw two writes in different orders.
  CHECK_EQ(Made()
               .add({write("r", 1)})
               .add({write("s", 2)})
               .add({read("r", 1), read("s", 0)})
               .add({read("r", 0), read("s", 2)})
               .anomaly(),
           "G2");
}

TEST_CASE("real time: the past was forgotten") {
  CHECK_EQ(Made()
               .add({append("l", 1)}, 0, 10)
               .add({list("l", {})}, 20, 30)
               .add({list("l", {1})}, 2000, 2001)
               .anomaly(),
           "G-single-realtime");
  CHECK_EQ(Made()
               .add({append("l", 1)}, 20, 30)
               .add({append("l", 2)}, 0, 10)
               .add({list("l", {1, 2})}, 2000, 2001)
               .anomaly(),
           "G0-realtime");
  // Over a chain of operations that overlap in pairs, between the first and the last one.
  CHECK_EQ(Made()
               .add({append("l", 1)}, 0, 10)
               .add({append("m", 1)}, 11, 20)
               .add({append("n", 1)}, 15, 40)
               .add({list("l", {})}, 21, 50)
               .add({list("l", {1})}, 2000, 2001)
               .anomaly(),
           "G-single-realtime");
  // At the same time is not before.
  CHECK_EQ(Made()
               .add({append("l", 1)}, 0, 10)
               .add({list("l", {})}, 10, 30)
               .add({list("l", {1})}, 2000, 2001)
               .anomaly(),
           "");
}

TEST_CASE("session order: a pipeline was turned round") {
  Made made;
  made.add({append("l", 1)}).add({append("m", 1)}).add({list("m", {1}), list("l", {})});
  made.add({list("l", {1})}, 2000, 2001);
  CHECK_EQ(made.anomaly(), "");
  made.history.operations[1].after = {0};
  CHECK_EQ(made.anomaly(), "G-single-session");
}

TEST_CASE("sights that no order explains") {
  CHECK_EQ(Made().add({list("l", {7})}).anomaly(), "read of nobody's write");
  CHECK_EQ(Made().add({read("r", 7)}).anomaly(), "read of nobody's write");
  CHECK_EQ(Made().add({append("l", 1)}).add({list("l", {1, 1})}).anomaly(), "write executed twice");
  CHECK_EQ(Made()
               .add({append("l", 1)})
               .add({append("l", 2)})
               .add({list("l", {1, 2})})
               .add({list("l", {2})})
               .anomaly(),
           "incompatible orders");
  CHECK_EQ(Made().add({append("l", 1)}, 0, 10, Outcome::kFailed).add({list("l", {1})}).anomaly(),
           "read of a failed write");
  CHECK_EQ(Made().add({write("r", 1)}, 0, 10, Outcome::kFailed).add({read("r", 1)}).anomaly(),
           "read of a failed write");
  CHECK_EQ(Made().add({append("l", 1, 1)}).add({append("l", 2, 1)}).anomaly(),
           "two writes made the same version");
  CHECK_EQ(Made().add({append("l", 1, 1), list("l", {})}).anomaly(),
           "an operation did not see its own write");
  CHECK_EQ(Made().add({write("r", 1), read("r", 0)}).anomaly(),
           "an operation did not see its own write");
}

TEST_CASE("operations without an answer may have happened or not, but wholly") {
  constexpr int64_t kNever = Operation::kNever;
  Made made;
  made.add({append("l", 1), append("m", 2)}, 0, kNever, Outcome::kUnknown);
  made.add({list("l", {}), list("m", {})}, 10, 20);
  CHECK_EQ(made.anomaly(), "");
  made.add({list("l", {1}), list("m", {2})}, 30, 40);
  CHECK_EQ(made.anomaly(), "");
  made.add({list("l", {}), list("m", {})}, 50, 60);
  CHECK_EQ(made.anomaly(), "G-single-realtime");

  Made half;
  half.add({append("l", 1), append("m", 2)}, 0, kNever, Outcome::kUnknown);
  half.add({list("l", {1}), list("m", {})}, 30, 40);
  half.history.complete = true;
  CHECK_EQ(half.anomaly(), "lost write");

  Made lost;
  lost.add({append("l", 1)}).add({list("l", {})}, 2000, 2001);
  lost.history.complete = true;
  CHECK_EQ(lost.anomaly(), "lost write");
}

}  // namespace
}  // namespace rondo
