#include "tests/simulator/flush_game.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "reactor/base/check.h"
#include "tests/simulator/step.h"

namespace rondo {

namespace {

constexpr int kKeys = 6;
constexpr int kDatabases = 2;

std::vector<uint64_t> values_of(const RespValue& reply) {
  std::vector<uint64_t> values;
  for (const RespValue& element : reply.elements) {
    uint64_t value = 0;
    std::from_chars(element.text.data(), element.text.data() + element.text.size(), value);
    values.push_back(value);
  }
  return values;
}

}  // namespace

// --- The board -----------------------------------------------------------------------------------

void FlushBoard::note(const std::string& problem) {
  if (problem_.empty()) problem_ = problem;
}

uint64_t FlushBoard::write(int64_t now) {
  writes_[++last_].asked = now;
  return last_;
}

size_t FlushBoard::flush(bool all, int64_t now) {
  flushes_.push_back({now, kNever, all});
  return flushes_.size() - 1;
}

void FlushBoard::saw(const std::vector<uint64_t>& values, int64_t asked) {
  if (values.empty()) return note("a read without values");
  const uint64_t value = values[0];
  if (std::any_of(values.begin(), values.end(), [&](uint64_t one) { return one != value; })) {
    return note(fmt::format("a database with values {} and others at once", value));
  }
  if (value == 0) {
    ++seen_empty_;
    return;
  }
  ++seen_values_;
  const auto found = writes_.find(value);
  if (found == writes_.end()) return note(fmt::format("value {} was never written", value));
  for (const Span& flush : flushes_) {
    if (flush.all && flush.asked > found->second.answered && flush.answered < asked) {
      return note(fmt::format("value {} was seen after a FLUSHALL in [{}, {}]", value, flush.asked,
                              flush.answered));
    }
  }
}

void FlushBoard::saw_all(const std::vector<uint64_t>& databases, int64_t asked, int64_t now) {
  if (std::any_of(databases.begin(), databases.end(), [](uint64_t one) { return one != 0; })) {
    return;
  }
  for (const auto& [value, span] : writes_) {
    const Span& write = span;
    if (write.answered >= asked) continue;
    const bool gone = std::any_of(flushes_.begin(), flushes_.end(), [&](const Span& flush) {
      return flush.answered > write.asked && flush.asked < now;
    });
    if (!gone) return note(fmt::format("value {} is lost, and nothing flushed it", value));
  }
}

// --- A player ------------------------------------------------------------------------------------

void FlushPlayer::add(std::string& bytes, const std::vector<std::string>& args,
                      const Expected& expected) {
  bytes += encode_step(args);
  expected_.push_back(expected);
}

void FlushPlayer::add(std::string& bytes, const std::vector<std::string>& args) {
  add(bytes, args, Expected{});
}

std::vector<std::string> FlushPlayer::write_args(uint64_t value) const {
  std::vector<std::string> args = {"MSET"};
  for (int i = 0; i < kKeys; ++i) {
    args.push_back(fmt::format("flush:{}", i));
    args.push_back(std::to_string(value));
  }
  return args;
}

std::vector<std::string> FlushPlayer::read_args() const {
  std::vector<std::string> args = {"MGET"};
  for (int i = 0; i < kKeys; ++i)
    args.push_back(fmt::format("flush:{}", i));
  return args;
}

std::vector<std::string> FlushPlayer::flush_args(bool all) {
  std::vector<std::string> args = {all ? "FLUSHALL" : "FLUSHDB"};
  if (!prng_.one_in(3)) args.push_back(prng_.one_in(2) ? "ASYNC" : "SYNC");
  return args;
}

std::string FlushPlayer::next(int64_t now) {
  CHECK(expected_.empty());
  std::string bytes;
  using Kind = Expected::Kind;
  const auto begin_block = [&] { add(bytes, {"MULTI"}); };
  switch (prng_.below(12)) {
    case 0: {
      const bool all = !prng_.one_in(3);
      add(bytes, flush_args(all), {Kind::kDone, now, 0, board_.flush(all, now)});
      break;
    }
    case 1: {
      // Emptied and filled at once: nobody sees it empty.
      const bool all = prng_.one_in(2);
      const Expected done{Kind::kDone, now, board_.write(now), board_.flush(all, now)};
      begin_block();
      add(bytes, flush_args(all));
      add(bytes, write_args(done.value));
      add(bytes, {"EXEC"}, done);
      break;
    }
    case 2:
      add(bytes, {"SWAPDB", "0", "1"});
      break;
    case 3:
      database_ = static_cast<int>(prng_.below(kDatabases));
      add(bytes, {"SELECT", std::to_string(database_)});
      break;
    case 4:
    case 5:
      begin_block();
      for (int i = 0; i < kDatabases; ++i) {
        add(bytes, {"SELECT", std::to_string(i)});
        add(bytes, read_args());
      }
      add(bytes, {"SELECT", std::to_string(database_)});
      add(bytes, {"EXEC"}, {Kind::kReadAll, now});
      break;
    case 6:
    case 7:
    case 8:
      add(bytes, read_args(), {Kind::kRead, now});
      break;
    default: {
      const uint64_t value = board_.write(now);
      add(bytes, write_args(value), {Kind::kDone, now, value});
    }
  }
  return bytes;
}

void FlushPlayer::on_reply(const RespValue& reply, int64_t now) {
  CHECK(!expected_.empty());
  const Expected expected = expected_.front();
  expected_.pop_front();
  if (reply.is_error()) return board_.note("an error: " + reply.text);
  switch (expected.kind) {
    case Expected::Kind::kIgnored:
      return;
    case Expected::Kind::kDone:
      if (expected.value != 0) board_.written(expected.value, now);
      if (expected.flush != SIZE_MAX) board_.flushed(expected.flush, now);
      return;
    case Expected::Kind::kRead:
      return board_.saw(values_of(reply), expected.asked);
    case Expected::Kind::kReadAll: {
      std::vector<uint64_t> databases;
      for (const RespValue& element : reply.elements) {
        if (!element.is_aggregate()) continue;
        const std::vector<uint64_t> values = values_of(element);
        board_.saw(values, expected.asked);
        databases.push_back(values.empty() ? 0 : values[0]);
      }
      if (databases.size() != kDatabases) board_.note("a read of too few databases");
      return board_.saw_all(databases, expected.asked, now);
    }
  }
}

}  // namespace rondo
