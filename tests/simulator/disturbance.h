// Disturbance: clients that keep a simulated server busy with what the history workload does not
// use, and three games with a rule that holds at every instant:
//   names   three values move between six keys by RENAMENX, over shards and databases' worth of
//           conflicts; a read of all six keys sees each value once.
//   stay    nobody touches a few keys on all shards; a whole SCAN sees each of them once.
//   money   EXEC moves amounts between accounts; a read of all accounts sees the sum 0.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"

namespace rondo {

class Disturbance {
 public:
  // `unpauses`: it may end pauses, and not only begin them.
  explicit Disturbance(uint64_t seed, bool unpauses = true) : prng_(seed), unpauses_(unpauses) {}

  // Commands that set up the games; once for each server, before anyone plays.
  static std::string preparation();
  static constexpr int kPreparationReplies = 1;

  // The next bytes to send. REQUIRES: expected() == 0.
  std::string next();
  size_t expected() const { return expected_.size(); }
  void on_reply(const RespValue& reply);
  // A rule that was broken, or empty.
  const std::string& problem() const { return problem_; }

 private:
  enum class Check : uint8_t { kAnything, kNames, kMoney, kScan };

  void add(std::string& bytes, const std::vector<std::string>& args, Check check);
  void play(std::string& bytes);
  void bother(std::string& bytes);
  void pause(std::string& bytes);
  std::string any_key();
  void check_scan(const RespValue& reply);

  Prng prng_;
  const bool unpauses_;
  std::deque<Check> expected_;
  std::string problem_;
};

}  // namespace rondo
