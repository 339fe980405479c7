#include "server/commands/command_entry.h"

#include <fmt/format.h>

#include "server/command_table.h"
#include "server/text.h"
#include "shard/commands/counted_keys.h"

namespace rondo {
namespace {

struct BitName {
  uint32_t bit;
  std::string_view name;
};

constexpr BitName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoscript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr BitName kCategoryNames[] = {
    {kAclKeyspace, "keyspace"},
    {kAclRead, "read"},
    {kAclWrite, "write"},
    {kAclSet, "set"},
    {kAclSortedSet, "sortedset"},
    {kAclList, "list"},
    {kAclHash, "hash"},
    {kAclString, "string"},
    {kAclBitmap, "bitmap"},
    {kAclHyperloglog, "hyperloglog"},
    {kAclGeo, "geo"},
    {kAclStream, "stream"},
    {kAclPubsub, "pubsub"},
    {kAclAdmin, "admin"},
    {kAclFast, "fast"},
    {kAclSlow, "slow"},
    {kAclBlocking, "blocking"},
    {kAclDangerous, "dangerous"},
    {kAclConnection, "connection"},
    {kAclTransaction, "transaction"},
    {kAclScripting, "scripting"},
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    all.push_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return all;
}

void reply_words(Reply& reply, std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  reply.set(words.size());
  for (const std::string_view word : words)
    reply.simple(word);
}

// Where some keys of a command begin, and which they are: a range, as many as a number before them
// says, or what only the command itself can tell.
struct KeyPlace {
  int begin = 0;  // 0: unknown.
  bool counted = false;
  int last = 0;  // Of a range, from its beginning; negative: from the end.
  int step = 1;
};

// Of the keys for the use number `use` of several.
KeyPlace place_of(const Command& row, size_t use, size_t uses) {
  if (row.find_keys == counted_keys) return {.begin = 1, .counted = true};
  if (row.find_keys == counted_keys_behind_timeout) return {.begin = 2, .counted = true};
  if (row.find_keys == keys_of_script) return {.begin = 2, .counted = true};
  const KeySpec& keys = row.keys;
  if (use == 0) {
    if (uses > 1) return {.begin = keys.first};
    const int last = keys.last < 0 ? keys.last : keys.last - keys.first;
    return {.begin = keys.first, .last = last, .step = keys.step};
  }
  if (row.find_keys == destination_and_counted_keys) return {.begin = 2, .counted = true};
  if (row.find_keys) return {};
  const int begin = keys.first + 1;
  return {.begin = begin, .last = keys.last < 0 ? keys.last : keys.last - begin};
}

void reply_begin_search(Reply& reply, const KeyPlace& place) {
  reply.map(2);
  reply.bulk("type");
  reply.bulk(place.begin == 0 ? "unknown" : "index");
  reply.bulk("spec");
  reply.map(place.begin == 0 ? 0 : 1);
  if (place.begin == 0) return;
  reply.bulk("index");
  reply.integer(place.begin);
}

void reply_find_keys(Reply& reply, const KeyPlace& place) {
  struct Field {
    std::string_view name;
    int value;
  };
  const auto write = [&](std::string_view type, std::initializer_list<Field> fields) {
    reply.map(2);
    reply.bulk("type");
    reply.bulk(type);
    reply.bulk("spec");
    reply.map(fields.size());
    for (const Field& field : fields) {
      reply.bulk(field.name);
      reply.integer(field.value);
    }
  };
  if (place.begin == 0) return write("unknown", {});
  if (place.counted) return write("keynum", {{"keynumidx", 0}, {"firstkey", 1}, {"keystep", 1}});
  write("range", {{"lastkey", place.last}, {"keystep", place.step}, {"limit", 0}});
}

void reply_key_specs(Reply& reply, const Command& row) {
  const std::vector<std::string_view> uses = split(row.key_use.flags, '|');
  reply.set(uses.size());
  for (size_t use = 0; use < uses.size(); ++use) {
    const KeyPlace place = place_of(row, use, uses.size());
    reply.map(3);
    reply.bulk("flags");
    reply_words(reply, uses[use]);
    reply.bulk("begin_search");
    reply_begin_search(reply, place);
    reply.bulk("find_keys");
    reply_find_keys(reply, place);
  }
}

}  // namespace

const Command* find_full_name(std::string_view name) {
  const size_t bar = name.find('|');
  const Command* row = CommandTable::instance().find(name.substr(0, bar));
  if (row == nullptr || bar == name.npos) return row;
  for (const Command& sub : row->subcommands) {
    if (same_word(sub.name, name)) return &sub;
  }
  return nullptr;
}

std::vector<std::string_view> flag_names(const Command& row) {
  std::vector<std::string_view> names;
  for (const BitName& flag : kFlagNames) {
    if ((row.flags & flag.bit) != 0) names.push_back(flag.name);
  }
  return names;
}

uint32_t acl_categories(const Command& row) {
  uint32_t all = row.acl;
  if (row.flags & kWrite) all |= kAclWrite;
  if ((row.flags & kReadonly) && !(row.acl & kAclScripting)) all |= kAclRead;
  if (row.flags & kAdmin) all |= kAclAdmin | kAclDangerous;
  if (row.flags & kPubsub) all |= kAclPubsub;
  if (row.flags & kFast) all |= kAclFast;
  if (row.flags & kBlocking) all |= kAclBlocking;
  if (!(all & kAclFast)) all |= kAclSlow;
  return all;
}

uint32_t acl_category(std::string_view name) {
  for (const BitName& category : kCategoryNames) {
    if (same_word(category.name, name)) return category.bit;
  }
  return 0;
}

// A command that uses its keys differently has one that is special, which is the first.
void reply_key_use(Reply& reply, const Command& row, size_t key) {
  const std::vector<std::string_view> uses = split(row.key_use.flags, '|');
  if (uses.empty()) {
    reply.set(0);
  } else {
    reply_words(reply, key == 0 ? uses.front() : uses.back());
  }
}

void reply_command_info(Reply& reply, const Command& row) {
  reply.array(10);
  reply.bulk(row.name);
  reply.integer(row.arity);
  const std::vector<std::string_view> flags = flag_names(row);
  reply.set(flags.size());
  for (const std::string_view flag : flags)
    reply.simple(flag);
  reply.integer(row.keys.first);
  reply.integer(row.keys.last);
  reply.integer(row.keys.step);
  const uint32_t categories = acl_categories(row);
  reply.set(static_cast<size_t>(__builtin_popcount(categories)));
  for (const BitName& category : kCategoryNames) {
    if ((categories & category.bit) != 0) reply.simple(fmt::format("@{}", category.name));
  }
  const std::vector<std::string_view> tips = split(row.tips, ' ');
  reply.set(tips.size());
  for (const std::string_view tip : tips)
    reply.bulk(tip);
  reply_key_specs(reply, row);
  // Redis has a set of none, and an array of some.
  if (row.subcommands.empty()) {
    reply.set(0);
  } else {
    reply.array(row.subcommands.size());
  }
  for (const Command& sub : row.subcommands)
    reply_command_info(reply, sub);
}

}  // namespace rondo
