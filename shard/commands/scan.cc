#include "shard/commands/scan.h"

#include <utility>

#include "protocol/errors.h"
#include "protocol/glob.h"
#include "reactor/base/check.h"
#include "shard/commands/arguments.h"

namespace rondo {

namespace {

// Steps of one visit that find nothing.
constexpr size_t kRounds = 10;

}  // namespace

// An unknown type is no error: no key has it.
Error Scan::parse(Args args, int shards) {
  shards_ = shards;
  if (!parse_scan_cursor(args[1], shards, position_)) return errors::kInvalidCursor;
  for (size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return errors::kSyntax;
    if (is_word(args[i], "match")) {
      pattern_ = args[i + 1];
    } else if (is_word(args[i], "type")) {
      type_ = args[i + 1];
    } else if (is_word(args[i], "count")) {
      int64_t count = 0;
      if (Error error = read_integer(args[i + 1], count)) return error;
      if (count < 1) return errors::kSyntax;
      count_ = static_cast<size_t>(count);
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

bool Scan::accepts(const Entry& entry) const {
  if (type_ && !is_word(*type_, type_name(entry.type()))) return false;
  return pattern_ == "*" || glob_match(pattern_, entry.key());
}

void Scan::visit(Keyspace& keyspace) {
  CHECK(!done_);
  Reply names(names_, Resp::k2);
  size_t rounds_left = kRounds;
  uint64_t local = position_.local;
  do {
    local = keyspace.scan(local, count_ - looked_at_, [&](const Entry& entry) {
      looked_at_++;
      if (!accepts(entry)) return;
      accepted_++;
      names.bulk(entry.key());
    });
  } while (local != 0 && looked_at_ < count_ && --rounds_left > 0);
  cursor_ = next_scan_cursor(position_.shard, local, shards_);
  done_ = local != 0 || looked_at_ >= count_ || cursor_ == 0;
  if (!done_) position_ = {0, position_.shard + 1};
}

void Scan::write(Reply& reply) {
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(cursor_));
  reply.array(accepted_);
  reply.out().splice(std::move(names_));
}

}  // namespace rondo
