// Which arguments may be as large as the values of strings, with a limit that a test can reach.
#include "server/element_limit.h"

#include <string>
#include <vector>

#include "server/command_table.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Words of more than 10 bytes have blocks, and are too large.
bool is_refused(const std::vector<std::string>& words) {
  const std::vector<std::string_view> args(words.begin(), words.end());
  std::vector<SharedBytes> owners(words.size());
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].size() > 10) owners[i] = SharedBytes::copy_of(words[i]);
  }
  const Command* row = CommandTable::instance().find(words[0]);
  REQUIRE(row != nullptr);
  return has_too_large_element(*row, args, owners, 10);
}

TEST_CASE("element limit: only values of strings are above it") {
  const std::string large(11, 'x');
  const std::string small(10, 'x');
  for (const std::vector<std::string>& words : {
           std::vector<std::string>{"SET", "k", large},
           {"SET", "k", small},
           {"MSET", "a", large, "b", large},
           {"APPEND", "k", large},
           {"GETSET", "k", large},
           {"ECHO", large},
           {"PUBLISH", "c", large},
           {"LPUSH", small, small},
           {"HSET", "h", small, small},
       }) {
    CAPTURE(words[0]);
    CHECK_FALSE(is_refused(words));
  }
  for (const std::vector<std::string>& words : {
           std::vector<std::string>{"SET", large, "v"},
           {"MSET", "a", "1", large, "2"},
           {"GET", large},
           {"DEL", large},
           {"LREM", "l", "0", large},
           {"LPOS", "l", large},
           {"LPUSH", "l", large},
           {"HGET", "h", large},
           {"HSET", "h", "f", large},
           {"SISMEMBER", "s", large},
           {"ZADD", "z", "1", large},
       }) {
    CAPTURE(words[0]);
    CHECK(is_refused(words));
  }
}

}  // namespace
}  // namespace rondo
