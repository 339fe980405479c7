#include "tests/simulator/disturbance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr int kPlaces = 6;
constexpr int kNames = 3;
constexpr int kAccounts = 5;
constexpr int kStaying = 8;

std::string encode(const std::vector<std::string>& args) {
  std::string bytes = fmt::format("*{}\r\n", args.size());
  for (const std::string& arg : args)
    bytes += fmt::format("${}\r\n{}\r\n", arg.size(), arg);
  return bytes;
}

}  // namespace

std::string Disturbance::preparation() {
  std::vector<std::string> args = {"MSET"};
  for (int i = 0; i < kNames; ++i) {
    args.push_back(fmt::format("place:{}", i));
    args.push_back(fmt::format("name{}", i));
  }
  for (int i = 0; i < kStaying; ++i) {
    args.push_back(fmt::format("stay:{}", i));
    args.push_back("v");
  }
  return encode(args);
}

void Disturbance::add(std::string& bytes, const std::vector<std::string>& args, Check check) {
  bytes += encode(args);
  expected_.push_back(check);
}

std::string Disturbance::any_key() {
  return fmt::format("any:{}", prng_.below(8));
}

std::string Disturbance::next() {
  CHECK(expected_.empty());
  std::string bytes;
  for (uint64_t left = 1 + prng_.below(3); left > 0; --left) {
    if (prng_.one_in(3)) {
      bother(bytes);
    } else {
      play(bytes);
    }
  }
  return bytes;
}

void Disturbance::play(std::string& bytes) {
  switch (prng_.below(4)) {
    case 0:
      add(bytes,
          {"RENAMENX", fmt::format("place:{}", prng_.below(kPlaces)),
           fmt::format("place:{}", prng_.below(kPlaces))},
          Check::kAnything);
      return;
    case 1: {
      std::vector<std::string> args = {"MGET"};
      for (int i = 0; i < kPlaces; ++i)
        args.push_back(fmt::format("place:{}", i));
      add(bytes, args, Check::kNames);
      return;
    }
    case 2: {
      const std::string amount = std::to_string(prng_.below(100));
      add(bytes, {"MULTI"}, Check::kAnything);
      add(bytes, {"DECRBY", fmt::format("account:{}", prng_.below(kAccounts)), amount},
          Check::kAnything);
      add(bytes, {"INCRBY", fmt::format("account:{}", prng_.below(kAccounts)), amount},
          Check::kAnything);
      add(bytes, {"EXEC"}, Check::kAnything);
      return;
    }
    default: {
      std::vector<std::string> args = {"MGET"};
      for (int i = 0; i < kAccounts; ++i)
        args.push_back(fmt::format("account:{}", i));
      add(bytes, args, Check::kMoney);
      return;
    }
  }
}

// Alone, or in front of writes of one block.
void Disturbance::pause(std::string& bytes) {
  const bool in_block = prng_.one_in(2);
  if (in_block) add(bytes, {"MULTI"}, Check::kAnything);
  add(bytes,
      {"CLIENT", "PAUSE", std::to_string(prng_.below(30)), prng_.one_in(2) ? "WRITE" : "ALL"},
      Check::kAnything);
  if (!in_block) return;
  for (uint64_t left = 1 + prng_.below(2); left > 0; --left)
    add(bytes, {"SET", any_key(), "v"}, Check::kAnything);
  if (prng_.one_in(2)) add(bytes, {"RENAME", any_key(), any_key()}, Check::kAnything);
  add(bytes, {"EXEC"}, Check::kAnything);
}

// Any command that leaves the keys of database 0 which others use alone.
void Disturbance::bother(std::string& bytes) {
  uint64_t choice = prng_.below(16);
  if (!unpauses_ && choice == 6) choice = 7;
  switch (choice) {
    case 0:
      return add(bytes, {"SET", any_key(), std::string(prng_.below(100'000), 'x')},
                 Check::kAnything);
    case 1:
      return add(bytes, {"GET", any_key()}, Check::kAnything);
    case 2:
      return add(bytes, {"SET", any_key(), "v", "PX", std::to_string(1 + prng_.below(50))},
                 Check::kAnything);
    case 3:
      add(bytes, {"SELECT", "1"}, Check::kAnything);
      add(bytes, {prng_.one_in(2) ? "FLUSHDB" : "DBSIZE"}, Check::kAnything);
      return add(bytes, {"SELECT", "0"}, Check::kAnything);
    case 4:
      return add(bytes, {"SWAPDB", "1", "2"}, Check::kAnything);
    case 5:
      return pause(bytes);
    case 6:
      return add(bytes, {"CLIENT", "UNPAUSE"}, Check::kAnything);
    case 7:
      return add(bytes, {"DBSIZE"}, Check::kAnything);
    case 8:
      return add(bytes, {"SCAN", "0", "COUNT", "1000"}, Check::kScan);
    case 9:
      return add(bytes, {"COPY", any_key(), any_key(), "DB", "1", "REPLACE"}, Check::kAnything);
    case 10:
      return add(bytes, {"MOVE", any_key(), "2"}, Check::kAnything);
    case 11:
      return add(bytes, {"MSETNX", any_key(), "1", any_key(), "2"}, Check::kAnything);
    case 12:
      add(bytes, {"WATCH", any_key(), any_key()}, Check::kAnything);
      return add(bytes, {prng_.one_in(2) ? "UNWATCH" : "RESET"}, Check::kAnything);
    case 13:
      add(bytes, {"MULTI"}, Check::kAnything);
      add(bytes, {"RENAME", any_key(), any_key()}, Check::kAnything);
      add(bytes, {"NOSUCHCOMMAND"}, Check::kAnything);
      return add(bytes, {prng_.one_in(2) ? "EXEC" : "DISCARD"}, Check::kAnything);
    case 14:
      return add(bytes, {"DEL", any_key(), any_key(), any_key()}, Check::kAnything);
    default:
      return add(bytes, {"CLIENT", "LIST"}, Check::kAnything);
  }
}

// A walk that one call began and ended.
void Disturbance::check_scan(const RespValue& reply) {
  if (reply.elements.size() != 2) {
    problem_ = "SCAN: " + reply.text;
    return;
  }
  if (reply.elements[0].text != "0") return;
  int seen[kStaying] = {};
  for (const RespValue& key : reply.elements[1].elements) {
    if (key.text.starts_with("stay:")) ++seen[key.text.back() - '0'];
  }
  if (!std::all_of(std::begin(seen), std::end(seen), [](int n) { return n == 1; })) {
    problem_ = "SCAN missed a key that nobody touched, or saw it twice";
  }
}

void Disturbance::on_reply(const RespValue& reply) {
  CHECK(!expected_.empty());
  const Check check = expected_.front();
  expected_.pop_front();
  if (check == Check::kScan) {
    check_scan(reply);
  } else if (check == Check::kNames) {
    int seen[kNames] = {};
    for (const RespValue& value : reply.elements) {
      if (!value.is_null()) ++seen[value.text.back() - '0'];
    }
    if (!std::all_of(std::begin(seen), std::end(seen), [](int n) { return n == 1; })) {
      problem_ = "a name was lost or seen twice while RENAMENX moved it";
    }
  } else if (check == Check::kMoney) {
    int64_t sum = 0;
    for (const RespValue& value : reply.elements) {
      int64_t amount = 0;
      std::from_chars(value.text.data(), value.text.data() + value.text.size(), amount);
      sum += amount;
    }
    if (sum != 0) problem_ = fmt::format("the accounts' sum was {} while EXEC moved money", sum);
  }
}

}  // namespace rondo
