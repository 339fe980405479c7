#include "shard/commands/hash_iteration.h"

#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/collection.h"
#include "shard/commands/hash_expired.h"
#include "shard/commands/hash_value.h"
#include "shard/commands/member_scan.h"

namespace rondo {

namespace {

// A reply of more random fields than this is refused, because it is made in memory.
constexpr int64_t kRepeatsMax = 1 << 26;

struct Pair {
  Item field;
  Item value;
};

// How the pairs of HRANDFIELD are written: alone, or with their values.
class PairReply {
 public:
  PairReply(Reply& reply, bool values) : reply_(reply), values_(values) {}

  void begin(size_t pairs) {
    // RESP3 has an array for each pair, which may repeat; a map could not.
    reply_.array(values_ && reply_.version() == Resp::k2 ? 2 * pairs : pairs);
  }
  void add(const Pair& pair) {
    if (values_ && reply_.version() == Resp::k3) reply_.array(2);
    reply_item(reply_, pair.field);
    if (values_) reply_item(reply_, pair.value);
  }
  bool is_cut() const { return reply_.out().is_cut(); }

 private:
  Reply& reply_;
  const bool values_;
};

Pair pair_of(const HashField& field) {
  return {Item::of(field.name()), Item::of(field.value())};
}

// False when it met only fields whose time has come, although there may be others.
bool draw_pair(const HashView& hash, Prng& prng, Pair& pair) {
  constexpr int kTriesMax = 32;
  for (int i = 0; i < kTriesMax; ++i) {
    const HashField field = hash.object().random(prng);
    if (!hash.is_live(field)) continue;
    pair = pair_of(field);
    return true;
  }
  return false;
}

std::vector<Pair> all_pairs(const HashView& hash) {
  std::vector<Pair> pairs;
  pairs.reserve(hash.size());
  hash.for_each([&](const Item& field, const Item& value) { pairs.push_back({field, value}); });
  return pairs;
}

// False when there is none.
bool random_pair(const HashView& hash, Prng& prng, Pair& pair) {
  if (hash.size() == 0) return false;
  if (hash.is_packed() && !hash.may_expire()) {
    const PackedView elements = hash.packed();
    const size_t at = elements.seek(2 * prng.below(hash.size()));
    pair = {elements.at(at), elements.at(elements.next(at))};
    return true;
  }
  if (!hash.is_packed() && draw_pair(hash, prng, pair)) return true;
  const std::vector<Pair> pairs = all_pairs(hash);
  if (pairs.empty()) return false;
  pair = pairs[prng.below(pairs.size())];
  return true;
}

// So many, or until nobody will see them.
void reply_repeating(const HashView& hash, size_t count, Prng& prng, PairReply& reply) {
  reply.begin(count);
  if (!hash.is_packed() && !hash.may_expire()) {
    for (size_t i = 0; i < count && !reply.is_cut(); ++i)
      reply.add(pair_of(hash.object().random(prng)));
    return;
  }
  const std::vector<Pair> pairs = all_pairs(hash);
  for (size_t i = 0; i < count && !reply.is_cut(); ++i)
    reply.add(pairs[prng.below(pairs.size())]);
}

// REQUIRES: count <= hash.live_size().
void reply_distinct(const HashView& hash, size_t count, Prng& prng, PairReply& reply) {
  reply.begin(count);
  if (hash.is_packed() || hash.may_expire() || count > hash.size() / 3) {
    // The first steps of a shuffle.
    std::vector<Pair> pairs = all_pairs(hash);
    for (size_t i = 0; i < count; ++i) {
      std::swap(pairs[i], pairs[i + prng.below(pairs.size() - i)]);
      reply.add(pairs[i]);
    }
    return;
  }
  // Few of many: a field that comes up again is drawn anew.
  std::unordered_set<uint64_t> drawn;
  while (drawn.size() < count) {
    const HashField field = hash.object().random(prng);
    if (drawn.insert(field.word()).second) reply.add(pair_of(field));
  }
}

Error hrandfield_count(Call& call, const HashView& hash, int64_t count, bool values) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (values && (count < -kMax / 2 || count > kMax / 2)) return "ERR value is out of range";
  const size_t size = hash.live_size();
  if (size > 0 && count < -kRepeatsMax) return "ERR value is out of range";
  PairReply reply(call.reply(), values);
  Prng& prng = call.shard().prng();
  if (count == 0 || size == 0) {
    call.reply().array(0);
  } else if (count < 0) {
    reply_repeating(hash, static_cast<size_t>(-count), prng, reply);
  } else if (static_cast<uint64_t>(count) < size) {
    reply_distinct(hash, static_cast<size_t>(count), prng, reply);
  } else {
    reply.begin(size);
    hash.for_each([&](const Item& field, const Item& value) { reply.add({field, value}); });
  }
  return {};
}

Error hrandfield(Call& call) {
  Entry entry;
  int64_t count = 0;
  if (call.size() > 2) {
    if (Error error = read_integer(call[2], count)) return error;
    if (count == std::numeric_limits<int64_t>::min()) {
      return "ERR value is out of range, value must between -9223372036854775807 and "
             "9223372036854775807";
    }
    const bool values = call.size() == 4 && is_word(call[3], "withvalues");
    if (call.size() > 4 || (call.size() == 4 && !values)) return errors::kSyntax;
    if (Error error = find_collection(call, 1, Type::kHash, entry)) return error;
    const HashView hash(entry, call.now_ms());
    if (Error error = hrandfield_count(call, hash, count, values)) return error;
    remove_expired_fields(call, hash);
    return {};
  }
  if (Error error = find_collection(call, 1, Type::kHash, entry)) return error;
  const HashView hash(entry, call.now_ms());
  Pair pair;
  if (random_pair(hash, call.shard().prng(), pair)) {
    reply_item(call.reply(), pair.field);
  } else {
    call.reply().null();
  }
  remove_expired_fields(call, hash);
  return {};
}

// A packed hash is reported whole, whatever the cursor.
Error hscan(Call& call) {
  uint64_t cursor = 0;
  if (Error error = read_member_cursor(call, cursor)) return error;
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kHash, entry)) return error;
  MemberScan scan;
  if (entry) {
    if (Error error = parse_member_scan(call.args(), true, scan)) return error;
  }

  const HashView hash(entry, call.now_ms());
  OutBuffer bulks;
  bulks.set_limit(call.reply().out().room());
  Reply part(bulks, call.reply().version());
  size_t looked_at = 0;
  size_t written = 0;
  const auto visit = [&](const Item& field, const Item& value) {
    ++looked_at;
    char digits[24];
    if (!scan.accepts(field.text(digits))) return;
    reply_item(part, field);
    if (scan.values) reply_item(part, value);
    written += scan.values ? 2 : 1;
  };
  if (!entry || hash.is_packed()) {
    hash.for_each(visit);
    cursor = 0;
  } else {
    cursor = scan_steps(cursor, scan.count, looked_at, [&](uint64_t from, size_t count) {
      return hash.object().scan(from, count, [&](const HashField& field) {
        if (!hash.is_live(field)) return;
        const Pair pair = pair_of(field);
        visit(pair.field, pair.value);
      });
    });
  }
  reply_scanned(call.reply(), cursor, written, std::move(bulks));
  return {};
}

const Command kRows[] = {
    {.name = "hrandfield",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hrandfield,
     .tips = "nondeterministic_output",
     .group = "hash",
     .since = "6.2.0",
     .summary = "Returns fields that are chosen at random.",
     .complexity = "O(N), N fields that are returned",
     .syntax = "key [options(count:integer [WITHVALUES])]"},
    {.name = "hscan",
     .arity = -3,
     .flags = kReadonly,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hscan,
     .tips = "nondeterministic_output",
     .group = "hash",
     .since = "2.8.0",
     .summary = "Walks over the fields of a hash in steps.",
     .complexity = "O(1) for a step, O(N) for the walk over N fields",
     .syntax = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOVALUES]"},
};

}  // namespace

std::span<const Command> hash_iteration_commands() {
  return kRows;
}

}  // namespace rondo
