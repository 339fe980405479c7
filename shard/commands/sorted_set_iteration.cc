#include "shard/commands/sorted_set_iteration.h"

#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/member_scan.h"
#include "shard/commands/sorted_set_range.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

namespace {

// A reply of more random members than this is refused, because it is made in memory.
constexpr int64_t kRepeatsMax = 1 << 26;

// Members with their scores, as ZRANDMEMBER writes them.
class DrawnReply {
 public:
  DrawnReply(Reply& reply, const SortedSetView& zset, ScoreReply scores)
      : reply_(reply), zset_(zset), scores_(scores) {}

  bool is_cut() const { return reply_.out().is_cut(); }
  void begin(size_t members) { reply_scored_header(reply_, members, scores_); }
  void add(size_t rank) {
    zset_.visit({rank, 1}, [this](const Item& member, double score) { write(member, score); });
  }
  // From the last one on, as Redis does.
  void add_all() {
    zset_.visit_back({0, zset_.size()},
                     [this](const Item& member, double score) { write(member, score); });
  }

 private:
  void write(const Item& member, double score) { reply_scored(reply_, member, score, scores_); }

  Reply& reply_;
  const SortedSetView& zset_;
  const ScoreReply scores_;
};

// REQUIRES: count <= size.
void draw_distinct(size_t size, size_t count, Prng& prng, DrawnReply& reply) {
  if (count > size / 3) {
    // The first steps of a shuffle.
    std::vector<size_t> ranks(size);
    for (size_t i = 0; i < size; ++i)
      ranks[i] = i;
    for (size_t i = 0; i < count; ++i) {
      std::swap(ranks[i], ranks[i + prng.below(size - i)]);
      reply.add(ranks[i]);
    }
    return;
  }
  // Few of many: a member that comes up again is drawn anew.
  std::unordered_set<size_t> drawn;
  while (drawn.size() < count) {
    const size_t rank = prng.below(size);
    if (drawn.insert(rank).second) reply.add(rank);
  }
}

Error reply_drawn(Call& call, const SortedSetView& zset, int64_t count, bool with_scores) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (with_scores && (count < -kMax / 2 || count > kMax / 2)) return "ERR value is out of range";
  const size_t size = zset.size();
  if (size > 0 && count < -kRepeatsMax) return "ERR value is out of range";
  Prng& prng = call.shard().prng();
  DrawnReply reply(call.reply(), zset, with_scores ? ScoreReply::kPairs : ScoreReply::kNone);
  if (count == 0 || size == 0) {
    call.reply().array(0);
  } else if (count < 0) {
    reply.begin(static_cast<size_t>(-count));
    // So many, or until nobody will see them.
    for (; count < 0 && !reply.is_cut(); ++count)
      reply.add(prng.below(size));
  } else if (static_cast<uint64_t>(count) < size) {
    reply.begin(static_cast<size_t>(count));
    draw_distinct(size, static_cast<size_t>(count), prng, reply);
  } else {
    reply.begin(size);
    reply.add_all();
  }
  return {};
}

Error zrandmember(Call& call) {
  Entry entry;
  int64_t count = 0;
  if (call.size() > 2) {
    if (Error error = read_integer(call[2], count)) return error;
    if (count == std::numeric_limits<int64_t>::min()) {
      return "ERR value is out of range, value must between -9223372036854775807 and "
             "9223372036854775807";
    }
    const bool with_scores = call.size() == 4 && is_word(call[3], "withscores");
    if (call.size() > 4 || (call.size() == 4 && !with_scores)) return errors::kSyntax;
    if (Error error = find_collection(call, 1, Type::kZset, entry)) return error;
    return reply_drawn(call, SortedSetView(entry), count, with_scores);
  }
  if (Error error = find_collection(call, 1, Type::kZset, entry)) return error;
  if (!entry) {
    call.reply().null();
    return {};
  }
  const SortedSetView zset(entry);
  DrawnReply(call.reply(), zset, ScoreReply::kNone).add(call.shard().prng().below(zset.size()));
  return {};
}

// A packed sorted set is reported whole, whatever the cursor. Scores are bulk strings in RESP3 too.
Error zscan(Call& call) {
  uint64_t cursor = 0;
  if (Error error = read_member_cursor(call, cursor)) return error;
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kZset, entry)) return error;
  MemberScan scan;
  if (entry) {
    if (Error error = parse_member_scan(call.args(), false, scan)) return error;
  }
  const SortedSetView zset(entry);
  OutBuffer bulks;
  bulks.set_limit(call.reply().out().room());
  Reply part(bulks, Resp::k2);
  size_t looked_at = 0;
  size_t written = 0;
  const auto visit = [&](const Item& member, double score) {
    ++looked_at;
    char digits[24];
    if (!scan.accepts(member.text(digits))) return;
    reply_item(part, member);
    part.real(score);
    written += 2;
  };
  if (!entry || zset.is_packed()) {
    zset.for_each(visit);
    cursor = 0;
  } else {
    cursor = scan_steps(cursor, scan.count, looked_at, [&](uint64_t from, size_t count) {
      return zset.object().scan(from, count, [&](const ScoredMember& member) {
        visit(Item::of(member.text()), member.score());
      });
    });
  }
  reply_scanned(call.reply(), cursor, written, std::move(bulks));
  return {};
}

const Command kRows[] = {
    {.name = "zrandmember",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrandmember,
     .tips = "nondeterministic_output",
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Returns members that are chosen at random.",
     .complexity = "O(M*log(N)), N members of the sorted set, M that are returned",
     .syntax = "key [options(count:integer [WITHSCORES])]"},
    {.name = "zscan",
     .arity = -3,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zscan,
     .tips = "nondeterministic_output",
     .group = "sorted-set",
     .since = "2.8.0",
     .summary = "Walks over the members of a sorted set in steps.",
     .complexity = "O(1) for a step, O(N) for the walk over N members",
     .syntax = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]"},
};

}  // namespace

std::span<const Command> sorted_set_iteration_commands() {
  return kRows;
}

}  // namespace rondo
