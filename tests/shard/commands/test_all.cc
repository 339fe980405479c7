// The rows of the data commands against facts that Redis reports by COMMAND INFO.
#include "shard/commands/all.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Fact {
  const char* name;
  int arity;
  const char* flags;
  int first;
  int last;
  int step;
  const char* categories;
  const char* key_use;
};

// In the order of COMMAND INFO: flags and categories as it prints them, and the flags of the key
// specifications, separated by '|'. DEBUG OBJECT is not here: Redis has no row for it.
constexpr Fact kFacts[] = {
    {"get", 2, "readonly fast", 1, 1, 1, "read string fast", "RO access"},
    {"set", -3, "write denyoom", 1, 1, 1, "write string slow", "RW access update variable_flags"},
    {"getdel", 2, "write fast", 1, 1, 1, "write string fast", "RW access delete"},
    {"getex", -2, "write fast", 1, 1, 1, "write string fast", "RW access update"},
    {"getset", 3, "write denyoom fast", 1, 1, 1, "write string fast", "RW access update"},
    {"append", 3, "write denyoom fast", 1, 1, 1, "write string fast", "RW insert"},
    {"strlen", 2, "readonly fast", 1, 1, 1, "read string fast", "RO"},
    {"getrange", 4, "readonly", 1, 1, 1, "read string slow", "RO access"},
    {"substr", 4, "readonly", 1, 1, 1, "read string slow", "RO access"},
    {"setrange", 4, "write denyoom", 1, 1, 1, "write string slow", "RW update"},
    {"setnx", 3, "write denyoom fast", 1, 1, 1, "write string fast", "OW insert"},
    {"setex", 4, "write denyoom", 1, 1, 1, "write string slow", "OW update"},
    {"psetex", 4, "write denyoom", 1, 1, 1, "write string slow", "OW update"},
    {"mget", -2, "readonly fast", 1, -1, 1, "read string fast", "RO access"},
    {"mset", -3, "write denyoom", 1, -1, 2, "write string slow", "OW update"},
    {"msetnx", -3, "write denyoom", 1, -1, 2, "write string slow", "OW insert"},
    {"incr", 2, "write denyoom fast", 1, 1, 1, "write string fast", "RW access update"},
    {"decr", 2, "write denyoom fast", 1, 1, 1, "write string fast", "RW access update"},
    {"incrby", 3, "write denyoom fast", 1, 1, 1, "write string fast", "RW access update"},
    {"decrby", 3, "write denyoom fast", 1, 1, 1, "write string fast", "RW access update"},
    {"incrbyfloat", 3, "write denyoom fast", 1, 1, 1, "write string fast", "RW access update"},
    {"lcs", -3, "readonly", 1, 2, 1, "read string slow", "RO access"},
    {"expire", -3, "write fast", 1, 1, 1, "keyspace write fast", "RW update"},
    {"pexpire", -3, "write fast", 1, 1, 1, "keyspace write fast", "RW update"},
    {"expireat", -3, "write fast", 1, 1, 1, "keyspace write fast", "RW update"},
    {"pexpireat", -3, "write fast", 1, 1, 1, "keyspace write fast", "RW update"},
    {"ttl", 2, "readonly fast", 1, 1, 1, "keyspace read fast", "RO access"},
    {"pttl", 2, "readonly fast", 1, 1, 1, "keyspace read fast", "RO access"},
    {"expiretime", 2, "readonly fast", 1, 1, 1, "keyspace read fast", "RO access"},
    {"pexpiretime", 2, "readonly fast", 1, 1, 1, "keyspace read fast", "RO access"},
    {"persist", 2, "write fast", 1, 1, 1, "keyspace write fast", "RW update"},
    {"del", -2, "write", 1, -1, 1, "keyspace write slow", "RM delete"},
    {"unlink", -2, "write fast", 1, -1, 1, "keyspace write fast", "RM delete"},
    {"exists", -2, "readonly fast", 1, -1, 1, "keyspace read fast", "RO"},
    {"touch", -2, "readonly fast", 1, -1, 1, "keyspace read fast", "RO"},
    {"type", 2, "readonly fast", 1, 1, 1, "keyspace read fast", "RO"},
    {"rename", 3, "write", 1, 2, 1, "keyspace write slow", "RW access delete|OW update"},
    {"renamenx", 3, "write fast", 1, 2, 1, "keyspace write fast", "RW access delete|OW insert"},
    {"copy", -3, "write denyoom", 1, 2, 1, "keyspace write slow", "RO access|OW update"},
    {"dump", 2, "readonly", 1, 1, 1, "keyspace read slow", "RO access"},
    {"restore", -4, "write denyoom", 1, 1, 1, "keyspace write slow dangerous", "OW update"},
    {"move", 3, "write fast", 1, 1, 1, "keyspace write fast", "RW access update"},
    {"randomkey", 1, "readonly", 0, 0, 0, "keyspace read slow", ""},
    {"keys", 2, "readonly", 0, 0, 0, "keyspace read slow dangerous", ""},
    {"dbsize", 1, "readonly fast", 0, 0, 0, "keyspace read fast", ""},
    {"scan", -2, "readonly", 0, 0, 0, "keyspace read slow", ""},
    {"flushdb", -1, "write", 0, 0, 0, "keyspace write slow dangerous", ""},
    {"flushall", -1, "write", 0, 0, 0, "keyspace write slow dangerous", ""},
    {"swapdb", 3, "write fast", 0, 0, 0, "keyspace write fast dangerous", ""},
    {"object", -2, "", 0, 0, 0, "slow", ""},
    {"object|freq", 3, "readonly", 2, 2, 1, "keyspace read slow", "RO"},
    {"object|encoding", 3, "readonly", 2, 2, 1, "keyspace read slow", "RO"},
    {"object|help", 2, "loading stale", 0, 0, 0, "keyspace slow", ""},
    {"object|idletime", 3, "readonly", 2, 2, 1, "keyspace read slow", "RO"},
    {"object|refcount", 3, "readonly", 2, 2, 1, "keyspace read slow", "RO"},
    {"memory|usage", -3, "readonly", 2, 2, 1, "read slow", "RO"},
    {"hset", -4, "write denyoom fast", 1, 1, 1, "write hash fast", "RW update"},
    {"hmset", -4, "write denyoom fast", 1, 1, 1, "write hash fast", "RW update"},
    {"hsetnx", 4, "write denyoom fast", 1, 1, 1, "write hash fast", "RW insert"},
    {"hget", 3, "readonly fast", 1, 1, 1, "read hash fast", "RO access"},
    {"hmget", -3, "readonly fast", 1, 1, 1, "read hash fast", "RO access"},
    {"hdel", -3, "write fast", 1, 1, 1, "write hash fast", "RW delete"},
    {"hexists", 3, "readonly fast", 1, 1, 1, "read hash fast", "RO"},
    {"hlen", 2, "readonly fast", 1, 1, 1, "read hash fast", "RO"},
    {"hstrlen", 3, "readonly fast", 1, 1, 1, "read hash fast", "RO"},
    {"hgetall", 2, "readonly", 1, 1, 1, "read hash slow", "RO access"},
    {"hkeys", 2, "readonly", 1, 1, 1, "read hash slow", "RO access"},
    {"hvals", 2, "readonly", 1, 1, 1, "read hash slow", "RO access"},
    {"hincrby", 4, "write denyoom fast", 1, 1, 1, "write hash fast", "RW access update"},
    {"hincrbyfloat", 4, "write denyoom fast", 1, 1, 1, "write hash fast", "RW access update"},
    {"hrandfield", -2, "readonly", 1, 1, 1, "read hash slow", "RO access"},
    {"hscan", -3, "readonly", 1, 1, 1, "read hash slow", "RO access"},
    {"hexpire", -6, "write fast", 1, 1, 1, "write hash fast", "RW update"},
    {"hpexpire", -6, "write fast", 1, 1, 1, "write hash fast", "RW update"},
    {"hexpireat", -6, "write fast", 1, 1, 1, "write hash fast", "RW update"},
    {"hpexpireat", -6, "write fast", 1, 1, 1, "write hash fast", "RW update"},
    {"httl", -5, "readonly fast", 1, 1, 1, "read hash fast", "RO access"},
    {"hpttl", -5, "readonly fast", 1, 1, 1, "read hash fast", "RO access"},
    {"hexpiretime", -5, "readonly fast", 1, 1, 1, "read hash fast", "RO access"},
    {"hpexpiretime", -5, "readonly fast", 1, 1, 1, "read hash fast", "RO access"},
    {"hpersist", -5, "write fast", 1, 1, 1, "write hash fast", "RW update"},
    {"hgetdel", -5, "write fast", 1, 1, 1, "write hash fast", "RW access delete"},
    {"hgetex", -5, "write fast", 1, 1, 1, "write hash fast", "RW access update"},
    {"hsetex", -6, "write denyoom fast", 1, 1, 1, "write hash fast", "RW update"},
    {"sadd", -3, "write denyoom fast", 1, 1, 1, "write set fast", "RW insert"},
    {"srem", -3, "write fast", 1, 1, 1, "write set fast", "RW delete"},
    {"spop", -2, "write fast", 1, 1, 1, "write set fast", "RW access delete"},
    {"srandmember", -2, "readonly", 1, 1, 1, "read set slow", "RO access"},
    {"sismember", 3, "readonly fast", 1, 1, 1, "read set fast", "RO"},
    {"smismember", -3, "readonly fast", 1, 1, 1, "read set fast", "RO access"},
    {"smembers", 2, "readonly", 1, 1, 1, "read set slow", "RO access"},
    {"scard", 2, "readonly fast", 1, 1, 1, "read set fast", "RO"},
    {"smove", 4, "write fast", 1, 2, 1, "write set fast", "RW access delete|RW insert"},
    {"sscan", -3, "readonly", 1, 1, 1, "read set slow", "RO access"},
    {"sinter", -2, "readonly", 1, -1, 1, "read set slow", "RO access"},
    {"sintercard", -3, "readonly movablekeys", 0, 0, 0, "read set slow", "RO access"},
    {"sunion", -2, "readonly", 1, -1, 1, "read set slow", "RO access"},
    {"sdiff", -2, "readonly", 1, -1, 1, "read set slow", "RO access"},
    {"sinterstore", -3, "write denyoom", 1, -1, 1, "write set slow", "OW update|RO access"},
    {"sunionstore", -3, "write denyoom", 1, -1, 1, "write set slow", "OW update|RO access"},
    {"sdiffstore", -3, "write denyoom", 1, -1, 1, "write set slow", "OW update|RO access"},
    {"lpush", -3, "write denyoom fast", 1, 1, 1, "write list fast", "RW insert"},
    {"rpush", -3, "write denyoom fast", 1, 1, 1, "write list fast", "RW insert"},
    {"lpushx", -3, "write denyoom fast", 1, 1, 1, "write list fast", "RW insert"},
    {"rpushx", -3, "write denyoom fast", 1, 1, 1, "write list fast", "RW insert"},
    {"lpop", -2, "write fast", 1, 1, 1, "write list fast", "RW access delete"},
    {"rpop", -2, "write fast", 1, 1, 1, "write list fast", "RW access delete"},
    {"llen", 2, "readonly fast", 1, 1, 1, "read list fast", "RO"},
    {"lrange", 4, "readonly", 1, 1, 1, "read list slow", "RO access"},
    {"lindex", 3, "readonly", 1, 1, 1, "read list slow", "RO access"},
    {"lset", 4, "write denyoom", 1, 1, 1, "write list slow", "RW update"},
    {"linsert", 5, "write denyoom", 1, 1, 1, "write list slow", "RW insert"},
    {"lrem", 4, "write", 1, 1, 1, "write list slow", "RW delete"},
    {"ltrim", 4, "write", 1, 1, 1, "write list slow", "RW delete"},
    {"lpos", -3, "readonly", 1, 1, 1, "read list slow", "RO access"},
    {"lmove", 5, "write denyoom", 1, 2, 1, "write list slow", "RW access delete|RW insert"},
    {"rpoplpush", 3, "write denyoom", 1, 2, 1, "write list slow", "RW access delete|RW insert"},
    {"sort", -2, "write denyoom movablekeys", 1, 1, 1, "write set sortedset list slow dangerous",
     "RO access|RO access|OW update"},
    {"sort_ro", -2, "readonly movablekeys", 1, 1, 1, "read set sortedset list slow dangerous",
     "RO access|RO access"},
    {"lmpop", -4, "write movablekeys", 0, 0, 0, "write list slow", "RW access delete"},
    {"zadd", -4, "write denyoom fast", 1, 1, 1, "write sortedset fast", "RW update"},
    {"zincrby", 4, "write denyoom fast", 1, 1, 1, "write sortedset fast", "RW access update"},
    {"zrem", -3, "write fast", 1, 1, 1, "write sortedset fast", "RW delete"},
    {"zcard", 2, "readonly fast", 1, 1, 1, "read sortedset fast", "RO"},
    {"zscore", 3, "readonly fast", 1, 1, 1, "read sortedset fast", "RO access"},
    {"zmscore", -3, "readonly fast", 1, 1, 1, "read sortedset fast", "RO access"},
    {"zrank", -3, "readonly fast", 1, 1, 1, "read sortedset fast", "RO access"},
    {"zrevrank", -3, "readonly fast", 1, 1, 1, "read sortedset fast", "RO access"},
    {"zrange", -4, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"blpop", -3, "write blocking", 1, -2, 1, "write list slow blocking", "RW access delete"},
    {"brpop", -3, "write blocking", 1, -2, 1, "write list slow blocking", "RW access delete"},
    {"blmpop", -5, "write blocking movablekeys", 0, 0, 0, "write list slow blocking",
     "RW access delete"},
    {"blmove", 6, "write denyoom blocking", 1, 2, 1, "write list slow blocking",
     "RW access delete|RW insert"},
    {"brpoplpush", 4, "write denyoom blocking", 1, 2, 1, "write list slow blocking",
     "RW access delete|RW insert"},
    {"bzpopmin", -3, "write blocking fast", 1, -2, 1, "write sortedset fast blocking",
     "RW access delete"},
    {"bzpopmax", -3, "write blocking fast", 1, -2, 1, "write sortedset fast blocking",
     "RW access delete"},
    {"bzmpop", -5, "write blocking movablekeys", 0, 0, 0, "write sortedset slow blocking",
     "RW access delete"},
    {"zpopmin", -2, "write fast", 1, 1, 1, "write sortedset fast", "RW access delete"},
    {"zpopmax", -2, "write fast", 1, 1, 1, "write sortedset fast", "RW access delete"},
    {"zmpop", -4, "write movablekeys", 0, 0, 0, "write sortedset slow", "RW access delete"},
    {"zrevrange", -4, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"zrangebyscore", -4, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"zrevrangebyscore", -4, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"zrangebylex", -4, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"zrevrangebylex", -4, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"zrangestore", -5, "write denyoom", 1, 2, 1, "write sortedset slow", "OW update|RO access"},
    {"zcount", 4, "readonly fast", 1, 1, 1, "read sortedset fast", "RO access"},
    {"zlexcount", 4, "readonly fast", 1, 1, 1, "read sortedset fast", "RO access"},
    {"zremrangebyrank", 4, "write", 1, 1, 1, "write sortedset slow", "RW delete"},
    {"zremrangebyscore", 4, "write", 1, 1, 1, "write sortedset slow", "RW delete"},
    {"zremrangebylex", 4, "write", 1, 1, 1, "write sortedset slow", "RW delete"},
    {"zunion", -3, "readonly movablekeys", 0, 0, 0, "read sortedset slow", "RO access"},
    {"zinter", -3, "readonly movablekeys", 0, 0, 0, "read sortedset slow", "RO access"},
    {"zdiff", -3, "readonly movablekeys", 0, 0, 0, "read sortedset slow", "RO access"},
    {"zintercard", -3, "readonly movablekeys", 0, 0, 0, "read sortedset slow", "RO access"},
    {"zunionstore", -4, "write denyoom movablekeys", 1, 1, 1, "write sortedset slow",
     "OW update|RO access"},
    {"zinterstore", -4, "write denyoom movablekeys", 1, 1, 1, "write sortedset slow",
     "OW update|RO access"},
    {"zdiffstore", -4, "write denyoom movablekeys", 1, 1, 1, "write sortedset slow",
     "OW update|RO access"},
    {"zrandmember", -2, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
    {"zscan", -3, "readonly", 1, 1, 1, "read sortedset slow", "RO access"},
};

struct Name {
  uint32_t bit;
  const char* name;
};

constexpr Name kFlagNames[] = {
    {kWrite, "write"},       {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},   {kAdmin, "admin"},
    {kNoscript, "noscript"}, {kLoading, "loading"},
    {kStale, "stale"},       {kBlocking, "blocking"},
    {kFast, "fast"},         {kMovableKeys, "movablekeys"},
};

// In the order of Redis's categories.
constexpr Name kCategoryNames[] = {
    {kAclKeyspace, "keyspace"},   {kAclRead, "read"},
    {kAclWrite, "write"},         {kAclSet, "set"},
    {kAclSortedSet, "sortedset"}, {kAclList, "list"},
    {kAclHash, "hash"},           {kAclString, "string"},
    {kAclAdmin, "admin"},         {kAclFast, "fast"},
    {kAclSlow, "slow"},           {kAclBlocking, "blocking"},
    {kAclDangerous, "dangerous"},
};

template <size_t kSize>
std::string names(uint32_t bits, const Name (&table)[kSize]) {
  std::string text;
  for (const Name& entry : table) {
    if ((bits & entry.bit) == 0) continue;
    if (!text.empty()) text += ' ';
    text += entry.name;
    bits &= ~entry.bit;
  }
  CHECK_EQ(bits, 0);
  return text;
}

// What follows from the flags, as Redis derives it.
uint32_t categories(const Command& row) {
  uint32_t bits = row.acl;
  if (row.flags & kWrite) bits |= kAclWrite;
  if (row.flags & kReadonly) bits |= kAclRead;
  if (row.flags & kAdmin) bits |= kAclAdmin | kAclDangerous;
  if (row.flags & kBlocking) bits |= kAclBlocking;
  return bits | (row.flags & kFast ? kAclFast : kAclSlow);
}

std::vector<const Command*> rows_with_containers() {
  std::vector<const Command*> rows = all_rows();
  for (const std::span<const Command> family : data_command_families()) {
    for (const Command& row : family) {
      if (row.run == nullptr) rows.push_back(&row);
    }
  }
  return rows;
}

TEST_CASE("rows say what Redis says") {
  size_t compared = 0;
  for (const Command* row : rows_with_containers()) {
    if (row->name == "debug|object") continue;
    CAPTURE(row->name);
    const Fact* fact = nullptr;
    for (const Fact& candidate : kFacts) {
      if (row->name == candidate.name) fact = &candidate;
    }
    REQUIRE(fact != nullptr);
    compared++;
    CHECK_EQ(row->arity, fact->arity);
    CHECK_EQ(names(row->flags, kFlagNames), fact->flags);
    CHECK_EQ(row->keys.first, fact->first);
    CHECK_EQ(row->keys.last, fact->last);
    CHECK_EQ(row->keys.step, fact->step);
    CHECK_EQ(names(categories(*row), kCategoryNames), fact->categories);
    CHECK_EQ(std::string(row->key_use.flags), fact->key_use);
  }
  CHECK_EQ(compared, std::size(kFacts));
}

TEST_CASE("rows are whole") {
  for (const Command* row : rows_with_containers()) {
    CAPTURE(row->name);
    CHECK_FALSE(row->group.empty());
    CHECK_FALSE(row->since.empty());
    CHECK(row->summary.ends_with('.'));
    CHECK_FALSE(row->complexity.empty());
    CHECK((row->serve == nullptr));
    CHECK_NE(row->run == nullptr, row->subcommands.empty());
    CHECK_EQ(row->route == Route::kSplit, row->merge != Merge::kNone);
    const bool has_key = row->keys.first > 0 || row->find_keys != nullptr;
    CHECK_EQ(has_key, *row->key_use.flags != '\0');
    if (row->route == Route::kSplit || row->route == Route::kCoordinated) CHECK(has_key);
    if (row->route == Route::kAllShards || row->route == Route::kCursor) CHECK_FALSE(has_key);
  }
}

}  // namespace
}  // namespace rondo
