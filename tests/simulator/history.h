// History: what concurrent clients asked a server for and what they were told, with the time of
// each question and answer. Times are any numbers that grow: the simulator's steps, nanoseconds of
// one clock. The checker (checker.h) decides whether a history is strictly serializable.
//
// Four kinds of keys, made so that the order of their versions can be found again:
//   lists      strings that only APPEND changes, or lists that only RPUSH changes, each time by
//              tokens that are never used again. A read returns all versions up to the one it saw.
//   queues     lists that get tokens at their end and lose them at their head; no token comes to
//              the same queue twice. A read returns what is there. What is moved is popped from one
//              queue and pushed to another one at once.
//   counters   changed only by INCR: the reply is the number of the version.
//   registers  written whole, with values that are never used again. A read names its version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

struct Action {
  enum class Kind : uint8_t {
    kAppend,       // `value`: the token; `position`: its place from 1 on, as the reply's length
                   // says; 0: unknown.
    kReadList,     // `list`: the tokens.
    kIncrement,    // `position`: the result; 0: unknown.
    kReadCounter,  // `position`: the value; 0: there was none.
    kWrite,        // `value`.
    kRead,         // `value`; 0: there was none.
    kPush,         // `value`: the token; 0: unknown, of a move without an answer.
    kPop,          // `value`; 0: unknown, of an operation without an answer.
    kPopAll,       // The same without an answer, of any number.
    kReadQueue,    // `list`: the tokens. A pop that found none is one too.
  };
  Kind kind;
  std::string key;
  uint64_t value = 0;
  uint64_t position = 0;
  std::vector<uint64_t> list;

  bool of_queue() const { return kind >= Kind::kPush; }
  bool writes() const {
    return kind == Kind::kAppend || kind == Kind::kIncrement || kind == Kind::kWrite ||
           (of_queue() && kind != Kind::kReadQueue);
  }
};

enum class Outcome : uint8_t {
  kUnknown,  // No answer came: it happened or not, now or later.
  kDone,
  kFailed,  // It said that it did nothing.
};

// One atomic step of one client: a command, or an EXEC.
struct Operation {
  static constexpr int64_t kNever = INT64_MAX;

  int client = 0;
  int64_t invoked = 0;
  int64_t answered = kNever;
  Outcome outcome = Outcome::kUnknown;
  std::vector<Action> actions;  // Reads of an unknown operation are left out.
  // Operations of the same client (places in the history) that must take effect before this one.
  std::vector<size_t> after;
};

struct History {
  std::vector<Operation> operations;
  // The last reads saw everything: whatever they did not see did not happen.
  bool complete = false;

  void append(const History& other);
};

// "client 3 [105, 130]: append l1 2a, read l2 [7 8]"
std::string describe(const Operation& operation);

}  // namespace rondo
