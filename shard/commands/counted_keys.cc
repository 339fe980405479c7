#include "shard/commands/counted_keys.h"

#include "protocol/number.h"

namespace rondo {
namespace {

Error append_counted(Args args, size_t count_at, std::vector<int>& positions) {
  if (count_at >= args.size()) return "ERR the number of keys is missing";
  const auto count = parse_integer(args[count_at]);
  const size_t first = count_at + 1;
  if (!count || *count < 1 || static_cast<uint64_t>(*count) > args.size() - first) {
    return "ERR the number of keys does not fit the arguments";
  }
  for (size_t i = 0; i < static_cast<size_t>(*count); ++i)
    positions.push_back(static_cast<int>(first + i));
  return {};
}

}  // namespace

Error counted_keys(Args args, std::vector<int>& positions) {
  return append_counted(args, 1, positions);
}

Error destination_and_counted_keys(Args args, std::vector<int>& positions) {
  if (args.size() > 1) positions.push_back(1);
  return append_counted(args, 2, positions);
}

Error counted_keys_behind_timeout(Args args, std::vector<int>& positions) {
  return append_counted(args, 2, positions);
}

Error keys_of_script(Args args, std::vector<int>& positions) {
  if (append_counted(args, 2, positions)) positions.clear();
  return {};
}

}  // namespace rondo
