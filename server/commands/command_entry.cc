#include "server/commands/command_entry.h"

#include <fmt/format.h>

#include "server/command_table.h"
#include "server/text.h"

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
    {kMayReplicate, "may_replicate"},
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

void reply_words(Reply& reply, std::string_view words) {
  std::vector<std::string_view> all;
  while (!words.empty()) {
    const size_t end = words.find(' ');
    all.push_back(words.substr(0, end));
    words = end == words.npos ? std::string_view() : words.substr(end + 1);
  }
  reply.set(all.size());
  for (const std::string_view word : all)
    reply.simple(word);
}

void reply_key_specs(Reply& reply, const Command& row) {
  const KeySpec& keys = row.keys;
  if (keys.first == 0) {
    reply.set(0);
    return;
  }
  reply.set(1);
  reply.map(3);
  reply.bulk("flags");
  reply_key_use(reply, row);
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply.bulk("index");
  reply.integer(keys.first);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk("lastkey");
  reply.integer(keys.last < 0 ? keys.last : keys.last - keys.first);
  reply.bulk("keystep");
  reply.integer(keys.step);
  reply.bulk("limit");
  reply.integer(0);
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

void reply_key_use(Reply& reply, const Command& row) {
  reply_words(reply, row.key_use.flags);
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
  reply.set(0);  // Tips for cluster proxies.
  reply_key_specs(reply, row);
  reply.set(row.subcommands.size());
  for (const Command& sub : row.subcommands)
    reply_command_info(reply, sub);
}

void reply_command_docs(Reply& reply, const Command& row) {
  reply.bulk(row.name);
  reply.map(4 + (row.subcommands.empty() ? 0 : 1));
  reply.bulk("summary");
  reply.bulk(row.summary);
  reply.bulk("since");
  reply.bulk(row.since);
  reply.bulk("group");
  reply.bulk(row.group);
  reply.bulk("complexity");
  reply.bulk(row.complexity);
  if (row.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(row.subcommands.size());
  for (const Command& sub : row.subcommands)
    reply_command_docs(reply, sub);
}

}  // namespace rondo
