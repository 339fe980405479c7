#include "shard/commands/list_ranges.h"

#include <algorithm>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/list_value.h"

namespace rondo {

namespace {

constexpr Event kLset{"lset", 'l'};
constexpr Event kLinsert{"linsert", 'l'};
constexpr Event kLrem{"lrem", 'l'};
constexpr Event kLtrim{"ltrim", 'l'};

Error find_list(Call& call, Entry& entry) {
  return find_collection(call, 1, Type::kList, entry);
}

ListEdit edit_of(Call& call) {
  return ListEdit(call.keyspace(), call.key(1), call.shard().limits().list);
}

// Some elements that stand together.
struct Range {
  size_t first = 0;
  size_t count = 0;
};

// From `start` to `stop`, both included, as far as the list goes; negative ones count from its end.
Range clip(int64_t start, int64_t stop, size_t size) {
  const auto length = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (stop < 0) stop += length;
  stop = std::min(stop, length - 1);
  if (start > stop) return {};
  return {static_cast<size_t>(start), static_cast<size_t>(stop - start + 1)};
}

// The place of element `index`, negative from the end; false when there is none.
bool locate(int64_t index, size_t size, size_t& place) {
  const auto length = static_cast<int64_t>(size);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return false;
  place = static_cast<size_t>(index);
  return true;
}

Error llen(Call& call) {
  Entry entry;
  if (Error error = find_list(call, entry)) return error;
  call.reply().integer(static_cast<int64_t>(ListView(entry).size()));
  return {};
}

Error lrange(Call& call) {
  int64_t start = 0;
  int64_t stop = 0;
  if (Error error = read_integer(call[2], start)) return error;
  if (Error error = read_integer(call[3], stop)) return error;
  Entry entry;
  if (Error error = find_list(call, entry)) return error;
  const ListView list(entry);
  const Range range = clip(start, stop, list.size());
  Reply& reply = call.reply();
  reply.array(range.count);
  list.visit_forward(range.first, range.count, [&](const Item& item) { reply_item(reply, item); });
  return {};
}

Error lindex(Call& call) {
  Entry entry;
  if (Error error = find_list(call, entry)) return error;
  if (!entry) {
    call.reply().null();
    return {};
  }
  int64_t index = 0;
  if (Error error = read_integer(call[2], index)) return error;
  const ListView list(entry);
  size_t place = 0;
  if (locate(index, list.size(), place)) {
    reply_item(call.reply(), list.at(place));
  } else {
    call.reply().null();
  }
  return {};
}

Error lset(Call& call) {
  if (Error error = ListEdit::check_sizes(call.args().subspan(3))) return error;
  ListEdit list = edit_of(call);
  if (Error error = list.open()) return error;
  if (!list.exists()) return errors::kNoSuchKey;
  int64_t index = 0;
  if (Error error = read_integer(call[2], index)) return error;
  size_t place = 0;
  if (!locate(index, list.view().size(), place)) return errors::kOutOfRange;
  list.set(place, call[3]);
  list.finish(call.args(), kLset);
  call.reply().ok();
  return {};
}

Error linsert(Call& call) {
  const bool after = is_word(call[2], "after");
  if (!after && !is_word(call[2], "before")) return errors::kSyntax;
  if (Error error = ListEdit::check_sizes(call.args().subspan(4))) return error;
  ListEdit list = edit_of(call);
  if (Error error = list.open()) return error;
  if (!list.exists()) {
    call.reply().integer(0);
    return {};
  }
  size_t pivot = 0;
  if (!list.view().find(PackedElement(call[3]), pivot)) {
    call.reply().integer(-1);
    return {};
  }
  list.insert(after ? pivot + 1 : pivot, call[4]);
  const auto size = static_cast<int64_t>(list.view().size());
  list.finish(call.args(), kLinsert);
  call.reply().integer(size);
  return {};
}

Error lrem(Call& call) {
  int64_t count = 0;
  if (Error error = read_integer(call[2], count)) return error;
  ListEdit list = edit_of(call);
  if (Error error = list.open()) return error;
  const auto magnitude = static_cast<uint64_t>(count);
  const size_t limit = count == 0 ? SIZE_MAX : count < 0 ? 0 - magnitude : magnitude;
  const size_t removed = list.remove(call[3], limit, count < 0 ? ListEnd::kRight : ListEnd::kLeft);
  if (removed > 0) list.finish(call.args(), kLrem);
  call.reply().integer(static_cast<int64_t>(removed));
  return {};
}

// A change even where nothing goes, as in Redis.
Error ltrim(Call& call) {
  int64_t start = 0;
  int64_t stop = 0;
  if (Error error = read_integer(call[2], start)) return error;
  if (Error error = read_integer(call[3], stop)) return error;
  ListEdit list = edit_of(call);
  if (Error error = list.open()) return error;
  if (list.exists()) {
    const Range range = clip(start, stop, list.view().size());
    list.keep(range.first, range.count);
    list.finish(call.args(), kLtrim);
  }
  call.reply().ok();
  return {};
}

const Command kRows[] = {
    {.name = "llen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = llen,
     .group = "list",
     .since = "1.0.0",
     .summary = "Tells the length of a list.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "lrange",
     .arity = 4,
     .flags = kReadonly,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = lrange,
     .group = "list",
     .since = "1.0.0",
     .summary = "Returns the elements between two indexes.",
     .complexity = "O(S+N), S elements from the nearer end to the range, N in it",
     .syntax = "key start:integer stop:integer"},
    {.name = "lindex",
     .arity = 3,
     .flags = kReadonly,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = lindex,
     .group = "list",
     .since = "1.0.0",
     .summary = "Returns an element by its index.",
     .complexity = "O(N), N elements from the nearer end",
     .syntax = "key index:integer"},
    {.name = "lset",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = lset,
     .group = "list",
     .since = "1.0.0",
     .summary = "Replaces an element by its index.",
     .complexity = "O(N), N elements from the nearer end",
     .syntax = "key index:integer element"},
    {.name = "linsert",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = linsert,
     .group = "list",
     .since = "2.2.0",
     .summary = "Adds an element before or behind another.",
     .complexity = "O(N), N elements up to that one",
     .syntax = "key where(BEFORE | AFTER) pivot element"},
    {.name = "lrem",
     .arity = 4,
     .flags = kWrite,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = lrem,
     .group = "list",
     .since = "1.0.0",
     .summary = "Removes elements that are equal to a given one.",
     .complexity = "O(N), N elements of the list",
     .syntax = "key count:integer element"},
    {.name = "ltrim",
     .arity = 4,
     .flags = kWrite,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = ltrim,
     .group = "list",
     .since = "1.0.0",
     .summary = "Removes all elements but those between two indexes.",
     .complexity = "O(N), N elements that are removed",
     .syntax = "key start:integer stop:integer"},
};

}  // namespace

std::span<const Command> list_range_commands() {
  return kRows;
}

}  // namespace rondo
