// FlushGame: clients that fill databases and empty them. Each write sets all keys of a database to
// one value that is never used again, over all shards; FLUSHALL and FLUSHDB, with ASYNC and
// without, alone and at the start of an EXEC, empty them, and SWAPDB changes two of them. The
// rules:
//
//   - whoever reads a database sees all of its keys with one value, or none of them;
//   - after the OK of FLUSHALL nobody sees what had been written before it was asked for;
//   - what was written after a flush had been answered is there until another one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"

namespace rondo {

class FlushBoard {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  uint64_t write(int64_t now);  // A new value.
  void written(uint64_t value, int64_t now) { writes_.at(value).answered = now; }
  // `all`: of all databases. Returns its number.
  size_t flush(bool all, int64_t now);
  void flushed(size_t number, int64_t now) { flushes_[number].answered = now; }
  // One database was seen by a command of [asked, now].
  void saw(const std::vector<uint64_t>& values, int64_t asked);
  // All databases at once, each with its value or 0.
  void saw_all(const std::vector<uint64_t>& databases, int64_t asked, int64_t now);

  const std::string& problem() const { return problem_; }
  void note(const std::string& problem);
  uint64_t seen_values() const { return seen_values_; }
  uint64_t seen_empty() const { return seen_empty_; }

 private:
  struct Span {
    int64_t asked = 0;
    int64_t answered = kNever;
    bool all = false;
  };
  std::map<uint64_t, Span> writes_;
  std::vector<Span> flushes_;
  uint64_t last_ = 0;
  uint64_t seen_values_ = 0;
  uint64_t seen_empty_ = 0;
  std::string problem_;
};

// One client.
class FlushPlayer {
 public:
  FlushPlayer(FlushBoard& board, uint64_t seed) : board_(board), prng_(seed) {}

  // The next bytes to send. REQUIRES: expected() == 0.
  std::string next(int64_t now);
  size_t expected() const { return expected_.size(); }
  void on_reply(const RespValue& reply, int64_t now);

 private:
  struct Expected {
    enum class Kind : uint8_t { kIgnored, kDone, kRead, kReadAll };
    Kind kind = Kind::kIgnored;
    int64_t asked = 0;
    uint64_t value = 0;       // That was written,
    size_t flush = SIZE_MAX;  // and the flush that was answered.
  };
  void add(std::string& bytes, const std::vector<std::string>& args, const Expected& expected);
  void add(std::string& bytes, const std::vector<std::string>& args);
  std::vector<std::string> write_args(uint64_t value) const;
  std::vector<std::string> read_args() const;
  std::vector<std::string> flush_args(bool all);

  FlushBoard& board_;
  Prng prng_;
  int database_ = 0;
  std::deque<Expected> expected_;
};

}  // namespace rondo
