#include "shard/commands/arguments.h"

#include <limits>

#include "protocol/errors.h"
#include "protocol/number.h"

namespace rondo {

Error read_integer(std::string_view argument, int64_t& value) {
  const std::optional<int64_t> parsed = parse_integer(argument);
  if (!parsed) return errors::kNotInteger;
  value = *parsed;
  return {};
}

Error read_database(std::string_view argument, int64_t& database) {
  if (Error error = read_integer(argument, database)) return error;
  if (database < std::numeric_limits<int>::min() || database > std::numeric_limits<int>::max()) {
    return "ERR value is out of range, value must between -2147483648 and 2147483647";
  }
  return {};
}

}  // namespace rondo
