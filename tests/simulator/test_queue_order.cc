// Histories of queues made by hand: good ones, and what the checker notices. Sources:
// tests/simulator/queue_order.cc.
#include "tests/simulator/queue_order.h"

#include <string>
#include <vector>

#include "tests/simulator/checker.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Kind = Action::Kind;

Action push(uint64_t token, std::string queue = "q") {
  return {Kind::kPush, std::move(queue), token, 0, {}};
}
Action pop(uint64_t token, std::string queue = "q") {
  return {Kind::kPop, std::move(queue), token, 0, {}};
}
Action see(std::vector<uint64_t> tokens, std::string queue = "q") {
  return {Kind::kReadQueue, std::move(queue), 0, 0, std::move(tokens)};
}

// All operations overlap unless they say when they were.
struct Made {
  History history;

  Made& add(std::vector<Action> actions, int64_t invoked = 0, int64_t answered = 1000,
            Outcome outcome = Outcome::kDone) {
    Operation operation;
    operation.invoked = invoked;
    operation.answered = answered;
    operation.outcome = outcome;
    operation.actions = std::move(actions);
    history.operations.push_back(std::move(operation));
    return *this;
  }
  // Nobody knows whether it happened.
  Made& open(std::vector<Action> actions, int64_t invoked = 0) {
    return add(std::move(actions), invoked, Operation::kNever, Outcome::kUnknown);
  }
  Made& end(std::vector<Action> actions) {
    history.complete = true;
    return add(std::move(actions), 5000, 5001);
  }
  std::string anomaly() const { return check_history(history).anomaly; }
};

TEST_CASE("queues: good histories") {
  CHECK_EQ(Made()
               .add({push(1), push(2)}, 0, 10)
               .add({push(3)}, 0, 10)
               .add({see({1, 2, 3})}, 20, 30)
               .add({pop(1)}, 40, 50)
               .add({pop(2), see({3}), push(4), see({3, 4})}, 40, 60)
               .add({pop(3), pop(4), see({})}, 60, 70)
               .end({see({})})
               .anomaly(),
           "");
  // A token that is moved, and one that died with the client that took it.
  CHECK_EQ(Made()
               .add({push(1), push(2)}, 0, 10)
               .add({pop(1), push(1, "p")}, 20, 30)
               .open({pop(0)}, 20)
               .end({see({}), see({1}, "p")})
               .anomaly(),
           "");
  // A move without an answer brought it there.
  CHECK_EQ(Made()
               .add({push(1)}, 0, 10)
               .open({pop(0), push(0, "p")}, 5)
               .add({pop(1, "p")}, 20, 30)
               .end({see({}), see({}, "p")})
               .anomaly(),
           "");
}

TEST_CASE("queues: delivered twice, lost, from nowhere") {
  CHECK_EQ(Made().add({push(1)}).add({pop(1)}).add({pop(1)}).anomaly(), "token delivered twice");
  CHECK_EQ(Made().add({push(1)}).add({push(1)}).anomaly(), "token pushed twice");
  CHECK_EQ(Made().add({push(1)}).end({see({})}).anomaly(), "lost write");
  CHECK_EQ(Made().add({push(1)}).open({pop(0)}).end({see({})}).anomaly(), "");
  CHECK_EQ(Made().add({push(1), push(2)}).open({pop(0)}).end({see({})}).anomaly(), "lost write");
  CHECK_EQ(Made()
               .add({push(1), push(2)})
               .open({{Kind::kPopAll, "q", 0, 0, {}}})
               .end({see({})})
               .anomaly(),
           "");
  CHECK_EQ(Made().add({pop(7)}).anomaly(), "read of nobody's write");
  CHECK_EQ(Made().add({push(1)}).add({see({1, 1})}).anomaly(), "write executed twice");
  CHECK_EQ(Made().add({push(1)}, 0, 10, Outcome::kFailed).add({pop(1)}).anomaly(),
           "read of a failed write");
  // Half of a move: it was popped, but never came.
  CHECK_EQ(Made()
               .add({push(1)}, 0, 10)
               .add({pop(1), push(1, "p")}, 20, 30)
               .end({see({}), see({}, "p")})
               .anomaly(),
           "lost write");
}

TEST_CASE("queues: an operation and its own tokens") {
  CHECK_EQ(Made().add({push(1), see({})}).anomaly(), "an operation did not see its own write");
  CHECK_EQ(Made().add({push(2)}).add({push(1), see({1, 2})}).anomaly(),
           "an operation did not see its own write");
  CHECK_EQ(Made().add({push(2)}).add({see({}), pop(2)}).anomaly(),
           "an operation did not see its own write");
  CHECK_EQ(Made().add({push(1), push(2), pop(2)}).anomaly(),
           "an operation did not see its own write");
  CHECK_EQ(Made().add({push(9)}).add({push(1), pop(1), pop(9)}).anomaly(),
           "an operation did not see its own write");
  CHECK_EQ(Made().add({push(9)}).add({push(1), pop(9), pop(1), see({})}).anomaly(), "");
}

TEST_CASE("queues: an order that nothing explains") {
  CHECK_EQ(Made().add({push(1)}).add({push(2)}).add({see({1, 2})}).add({see({2, 1})}).anomaly(),
           "incompatible orders");
  CHECK_EQ(Made().add({push(1), push(2)}, 0, 10).add({pop(2), pop(1)}, 20, 30).anomaly(),
           "incompatible orders");
  CHECK_EQ(Made().add({push(1), push(2)}).add({pop(2)}).end({see({1})}).anomaly(),
           "popped out of turn");
  CHECK_EQ(Made().add({push(1), push(2), push(3)}).add({see({1, 3})}).anomaly(),
           "read with a hole");
}

TEST_CASE("queues: circles") {
  // Two operations pushed to two queues, in different orders.
  CHECK_EQ(Made()
               .add({push(1), push(1, "p")})
               .add({push(2), push(2, "p")})
               .end({see({1, 2}), see({2, 1}, "p")})
               .anomaly(),
           "G0");
  // A reader between the two halves of a move: nowhere, and in both.
  const auto moved = [](std::vector<Action> sight) {
    return Made()
        .add({push(1)}, 0, 10)
        .add({pop(1), push(1, "p")}, 20, 40)
        .add(std::move(sight), 20, 40)
        .end({see({}), see({1}, "p")})
        .anomaly();
  };
  CHECK_EQ(moved({see({1}), see({}, "p")}), "");
  CHECK_EQ(moved({see({}), see({1}, "p")}), "");
  CHECK_EQ(moved({see({1}), see({1}, "p")}), "G-single");
  CHECK_NE(moved({see({}), see({}, "p")}), "");
  // Half of what somebody pushed at once.
  CHECK_EQ(Made().add({push(1), push(2)}).add({see({1})}).end({see({1, 2})}).anomaly(), "G-single");
}

TEST_CASE("queues: the past was forgotten") {
  // Popped in the wrong order, as time tells.
  CHECK_EQ(Made()
               .add({push(1)}, 0, 10)
               .add({push(2)}, 20, 30)
               .add({pop(2)}, 40, 50)
               .add({pop(1)}, 60, 70)
               .anomaly(),
           "G0-realtime");
  // It had been pushed, it was popped later, and somebody saw nothing in between.
  CHECK_NE(Made().add({push(1)}, 0, 10).add({see({})}, 20, 30).add({pop(1)}, 40, 50).anomaly(), "");
  CHECK_NE(Made().add({push(1)}, 0, 10).add({see({})}, 20, 30).end({see({1})}).anomaly(), "");
  // The same of one that stood behind another one.
  CHECK_NE(Made()
               .add({push(1)}, 0, 10)
               .add({push(2)}, 11, 15)
               .add({see({1})}, 20, 30)
               .add({pop(1), pop(2)}, 40, 50)
               .anomaly(),
           "");
  CHECK_EQ(Made()
               .add({push(1)}, 0, 10)
               .add({push(2)}, 11, 25)
               .add({see({1})}, 20, 30)
               .add({pop(1), pop(2)}, 40, 50)
               .anomaly(),
           "");
  // Seen after it had been delivered.
  CHECK_EQ(Made().add({push(1)}, 0, 10).add({pop(1)}, 20, 30).add({see({1})}, 40, 50).anomaly(),
           "G-single-realtime");
}

}  // namespace
}  // namespace rondo
