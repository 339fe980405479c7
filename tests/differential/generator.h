// CommandGenerator: random commands under a seed: forms of the grammar with arguments that fit,
// some of them spoilt, and now and then any command of the table with arguments that need not fit.
// Commands that one of the servers does not have are left out.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/prng.h"

namespace rondo {

class CommandGenerator {
 public:
  // `known`: the other server's commands, in lower case.
  CommandGenerator(uint64_t seed, const std::set<std::string, std::less<>>& known);
  std::vector<std::string> next();
  // A command that gives a key, or a field of a hash, an expiry of so many milliseconds.
  std::vector<std::string> expiring_soon(int64_t ms);

 private:
  std::string argument(std::string_view kind);
  std::string key_of(char type);
  std::string value();
  std::string integer();
  std::string real();
  std::string member();
  std::string junk();
  std::string far_away();
  std::vector<std::string> any_command();
  void spoil(std::vector<std::string>& args);

  template <class Range>
  auto one_of(const Range& range) {
    return range[prng_.below(std::size(range))];
  }

  Prng prng_;
  uint64_t times_ = 0;                   // That were given out.
  std::vector<std::string_view> lines_;  // Of commands that there are.
  bool has_field_expiry_ = false;
  std::vector<std::string_view> commands_;  // That any_command() may send.
};

}  // namespace rondo
