#include "shard/commands/member_scan.h"

#include <utility>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/scan_cursor.h"

namespace rondo {

Error read_member_cursor(const Call& call, uint64_t& cursor) {
  ScanPosition position;
  if (!parse_scan_cursor(call[2], 1, position)) return errors::kInvalidCursor;
  cursor = position.local;
  return {};
}

Error parse_member_scan(Args args, bool may_omit_values, MemberScan& scan) {
  for (size_t i = 3; i < args.size(); ++i) {
    const bool has_value = i + 1 < args.size();
    if (is_word(args[i], "match") && has_value) {
      scan.pattern = args[++i];
    } else if (is_word(args[i], "count") && has_value) {
      int64_t count = 0;
      if (Error error = read_integer(args[++i], count)) return error;
      if (count < 1) return errors::kSyntax;
      scan.count = static_cast<size_t>(count);
    } else if (is_word(args[i], "novalues") && may_omit_values) {
      scan.values = false;
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

void reply_scanned(Reply& reply, uint64_t cursor, size_t elements, OutBuffer&& bulks) {
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(cursor));
  reply.array(elements);
  reply.out().splice(std::move(bulks));
}

}  // namespace rondo
