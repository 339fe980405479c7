#include "tests/differential/grammar.h"

#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr std::string_view kLines[] = {
    // --- Strings ---------------------------------------------------------------------------------
    "SET <s> <v>",
    "SET <s> <v> [EX <secs>|PX <ms>|EXAT <at>|PXAT <atms>|KEEPTTL] [NX|XX] [GET]",
    "SET <k> <v> [GET] [EX <secs>]",
    "SETNX <s> <v>",
    "SETEX <s> <secs> <v>",
    "PSETEX <s> <ms> <v>",
    "GETSET <s> <v>",
    "GETDEL <s>",
    "GETEX <s> [EX <secs>|PX <ms>|EXAT <at>|PXAT <atms>|PERSIST]",
    "GET <s>",
    "GET <k>",
    "STRLEN <s>",
    "APPEND <s> <v>",
    "GETRANGE <s> <x> <x>",
    "SUBSTR <s> <x> <x>",
    "SETRANGE <s> <offset> <v>",
    "MSET {<s> <v>}",
    "MSETNX {<s> <v>}",
    "MGET {<s>}",
    "MGET {<k>}",
    "INCR <s>",
    "DECR <s>",
    "INCRBY <s> <i>",
    "DECRBY <s> <i>",
    "INCRBYFLOAT <s> <d>",
    "LCS <s> <s> [LEN|IDX|IDX WITHMATCHLEN|IDX MINMATCHLEN <n>]",
    // --- Bits ------------------------------------------------------------------------------------
    "SETBIT <s> <offset> (0|1)",
    "GETBIT <s> <offset>",
    "BITCOUNT <s> [<x> <x>|<x> <x> BIT|<x> <x> BYTE]",
    "BITPOS <s> (0|1) [<x>|<x> <x>|<x> <x> BIT]",
    "BITOP (AND|OR|XOR|NOT) <s> {<s>}",
    "BITFIELD <s> {(GET (u8|i16|u63) <offset>|SET u8 <offset> <i>|INCRBY i8 <offset> <i>|OVERFLOW "
    "(WRAP|SAT|FAIL))}",
    // --- Keys ------------------------------------------------------------------------------------
    "DEL {<k>}",
    "UNLINK {<k>}",
    "EXISTS {<k>}",
    "TOUCH {<k>}",
    "TYPE <k>",
    "RENAME <k> <k>",
    "RENAMENX <k> <k>",
    "COPY <k> <k> [DB <db>] [REPLACE]",
    "MOVE <k> <db>",
    "OBJECT ENCODING <k>",
    "OBJECT REFCOUNT <k>",
    "RANDOMKEY",
    "KEYS <p>",
    "SCAN 0 [MATCH <p>] [COUNT <n>] [TYPE (string|list|hash|set|zset|stream|other)]",
    "SELECT <db>",
    "SWAPDB <db> <db>",
    "FLUSHDB [SYNC|ASYNC]",
    // --- Expiry ----------------------------------------------------------------------------------
    "EXPIRE <k> <ttl> [NX|XX|GT|LT]",
    "PEXPIRE <k> <ttl> [NX|XX|GT|LT]",
    "EXPIREAT <k> <at> [NX|XX|GT|LT]",
    "PEXPIREAT <k> <atms> [NX|XX|GT|LT]",
    "TTL <k>",
    "PTTL <k>",
    "EXPIRETIME <k>",
    "PEXPIRETIME <k>",
    "PERSIST <k>",
    // --- Hashes ----------------------------------------------------------------------------------
    "HSET <h> {<f> <v>}",
    "HMSET <h> {<f> <v>}",
    "HSETNX <h> <f> <v>",
    "HGET <h> <f>",
    "HMGET <h> {<f>}",
    "HDEL <h> {<f>}",
    "HEXISTS <h> <f>",
    "HLEN <h>",
    "HSTRLEN <h> <f>",
    "HKEYS <h>",
    "HVALS <h>",
    "HGETALL <h>",
    "HINCRBY <h> <f> <i>",
    "HINCRBYFLOAT <h> <f> <d>",
    "HRANDFIELD <h> [<x>|<x> WITHVALUES]",
    "HSCAN <h> 0 [MATCH <p>] [COUNT <n>]",
    // Two fields, as the number in front of them says.
    "HEXPIRE <h> <ttl> [NX|XX|GT|LT] FIELDS 2 <f> <f>",
    "HPEXPIRE <h> <ttl> [NX|XX|GT|LT] FIELDS 2 <f> <f>",
    "HEXPIREAT <h> <at> [NX|XX|GT|LT] FIELDS 2 <f> <f>",
    "HPEXPIREAT <h> <atms> [NX|XX|GT|LT] FIELDS 2 <f> <f>",
    "HTTL <h> FIELDS 2 <f> <f>",
    "HPTTL <h> FIELDS 2 <f> <f>",
    "HEXPIRETIME <h> FIELDS 2 <f> <f>",
    "HPEXPIRETIME <h> FIELDS 1 <f>",
    "HPERSIST <h> FIELDS 2 <f> <f>",
    "HGETDEL <h> FIELDS 2 <f> <f>",
    "HGETEX <h> [EX <secs>|PX <ms>|EXAT <at>|PXAT <atms>|PERSIST] FIELDS 2 <f> <f>",
    "HSETEX <h> [FNX|FXX] [EX <secs>|PX <ms>|EXAT <at>|PXAT <atms>|KEEPTTL] FIELDS 1 <f> <v>",
    // --- Lists -----------------------------------------------------------------------------------
    "LPUSH <l> {<v>}",
    "RPUSH <l> {<v>}",
    "LPUSHX <l> {<v>}",
    "RPUSHX <l> {<v>}",
    "LPOP <l> [<n>]",
    "RPOP <l> [<n>]",
    "LLEN <l>",
    "LRANGE <l> <x> <x>",
    "LINDEX <l> <x>",
    "LSET <l> <x> <v>",
    "LINSERT <l> (BEFORE|AFTER) <v> <v>",
    "LREM <l> <x> <v>",
    "LTRIM <l> <x> <x>",
    "LPOS <l> <v> [RANK <x>] [COUNT <n>] [MAXLEN <n>]",
    "RPOPLPUSH <l> <l>",
    "LMOVE <l> <l> (LEFT|RIGHT) (LEFT|RIGHT)",
    "LMPOP 2 <l> <l> (LEFT|RIGHT) [COUNT <n>]",
    // Outside MULTI a second client sends these.
    "BLPOP {<l>} <x>",
    "BRPOP {<l>} 0",
    "BLMOVE <l> <l> (LEFT|RIGHT) (LEFT|RIGHT) 0",
    "BRPOPLPUSH <l> <l> 0.5",
    "BLMPOP 0 2 <l> <l> (LEFT|RIGHT) [COUNT <n>]",
    // --- Sets ------------------------------------------------------------------------------------
    "SADD <e> {<f>}",
    "SREM <e> {<f>}",
    "SISMEMBER <e> <f>",
    "SMISMEMBER <e> {<f>}",
    "SMEMBERS <e>",
    "SCARD <e>",
    "SMOVE <e> <e> <f>",
    "SPOP <e> 1000",
    "SRANDMEMBER <e> [<x>]",
    "SINTER {<e>}",
    "SUNION {<e>}",
    "SDIFF {<e>}",
    "SINTERSTORE <e> {<e>}",
    "SUNIONSTORE <e> {<e>}",
    "SDIFFSTORE <e> {<e>}",
    "SINTERCARD 2 <e> <e> [LIMIT <n>]",
    "SSCAN <e> 0 [MATCH <p>] [COUNT <n>]",
    // --- Sorted sets -----------------------------------------------------------------------------
    "ZADD <z> {<d> <f>}",
    "ZADD <z> {<d> <f>}",
    "ZADD <z> [NX|XX] [GT|LT] [CH] [INCR] {<d> <f>}",
    // All members of <q> have one score: their order by name is not specified otherwise.
    "ZADD <q> {0 <f>}",
    "ZREM <q> {<f>}",
    "ZINCRBY <z> <d> <f>",
    "ZREM <z> {<f>}",
    "ZSCORE <z> <f>",
    "ZMSCORE <z> {<f>}",
    "ZCARD <z>",
    "ZCOUNT <z> <b> <b>",
    "ZLEXCOUNT <q> <lex> <lex>",
    "ZRANK <z> <f>",
    "ZREVRANK <z> <f>",
    "ZRANGE <z> <x> <x> [REV] [WITHSCORES]",
    "ZRANGE <z> <b> <b> BYSCORE [REV] [LIMIT <x> <x>] [WITHSCORES]",
    "ZRANGE <q> <lex> <lex> BYLEX [REV] [LIMIT <x> <x>]",
    "ZREVRANGE <z> <x> <x> [WITHSCORES]",
    "ZRANGEBYSCORE <z> <b> <b> [WITHSCORES] [LIMIT <x> <x>]",
    "ZREVRANGEBYSCORE <z> <b> <b> [WITHSCORES] [LIMIT <x> <x>]",
    "ZRANGEBYLEX <q> <lex> <lex> [LIMIT <x> <x>]",
    "ZREVRANGEBYLEX <q> <lex> <lex> [LIMIT <x> <x>]",
    "ZRANGESTORE <z> <z> <x> <x> [REV]",
    "ZRANGESTORE <z> <z> <b> <b> BYSCORE [LIMIT <x> <x>]",
    "ZREMRANGEBYRANK <z> <x> <x>",
    "ZREMRANGEBYSCORE <z> <b> <b>",
    "ZREMRANGEBYLEX <q> <lex> <lex>",
    "ZPOPMIN <z> [<n>]",
    "ZPOPMAX <z> [<n>]",
    "ZMPOP 2 <z> <z> (MIN|MAX) [COUNT <n>]",
    "BZPOPMIN {<z>} 0",
    "BZPOPMAX {<z>} <x>",
    "BZMPOP 0 2 <z> <z> (MIN|MAX) [COUNT <n>]",
    "ZRANDMEMBER <z> [<x>|<x> WITHSCORES]",
    "ZUNION 2 <z> <z> [WEIGHTS <d> <d>] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]",
    "ZINTER 2 <z> <e> [WEIGHTS <d> <d>] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]",
    "ZDIFF 2 <z> <z> [WITHSCORES]",
    "ZUNIONSTORE <z> 2 <z> <e> [WEIGHTS <d> <d>] [AGGREGATE (SUM|MIN|MAX)]",
    "ZINTERSTORE <z> 2 <z> <z> [WEIGHTS <d> <d>] [AGGREGATE (SUM|MIN|MAX)]",
    "ZDIFFSTORE <z> 2 <z> <z>",
    "ZINTERCARD 2 <z> <z> [LIMIT <n>]",
    "ZSCAN <z> 0 [MATCH <p>] [COUNT <n>]",
    // --- Sorting ---------------------------------------------------------------------------------
    "SORT (<l>|<e>|<z>) ALPHA [LIMIT <x> <x>] [ASC|DESC]",
    "SORT <l> [BY nosort|BY w:*] [LIMIT <x> <x>] [DESC] [ALPHA]",
    "SORT_RO (<l>|<e>|<z>) ALPHA [LIMIT <x> <x>]",
    "SORT <l> ALPHA STORE <l>",
    // --- Transactions and the connection ---------------------------------------------------------
    "MULTI",
    "MULTI",
    "EXEC",
    "EXEC",
    "DISCARD",
    "WATCH {<k>}",
    "UNWATCH",
    "PING [<v>]",
    "ECHO <v>",
    "NOSUCHCOMMAND <v>",
};

// Expands items of `line` until `end` (or its end), or only steps over them.
class Expansion {
 public:
  Expansion(std::string_view line, Prng& prng,
            const std::function<std::string(std::string_view)>& argument)
      : line_(line), prng_(prng), argument_(argument) {}

  std::vector<std::string> run() {
    items(true);
    CHECK(at_ == line_.size());
    return std::move(args_);
  }

 private:
  bool at_end() const { return at_ == line_.size(); }
  char here() const { return line_[at_]; }

  // Items up to a '|' or a closing bracket.
  void items(bool wanted) {
    while (!at_end() && here() != '|' && here() != ']' && here() != ')' && here() != '}') {
      if (here() == ' ') {
        ++at_;
      } else if (here() == '[' || here() == '(') {
        choice(wanted);
      } else if (here() == '{') {
        repetition(wanted);
      } else {
        word(wanted);
      }
    }
  }

  void word(bool wanted) {
    const size_t begin = at_;
    while (!at_end() && std::string_view(" |[](){}").find(here()) == std::string_view::npos)
      ++at_;
    if (!wanted) return;
    const std::string_view text = line_.substr(begin, at_ - begin);
    if (text.front() == '<') {
      args_.push_back(argument_(text.substr(1, text.size() - 2)));
    } else {
      args_.emplace_back(text);
    }
  }

  void choice(bool wanted) {
    const bool optional = here() == '[';
    size_t count = 1;
    int depth = 0;
    for (size_t i = at_; i < line_.size(); ++i) {
      const char c = line_[i];
      if (c == '[' || c == '(' || c == '{') ++depth;
      if (c == ']' || c == ')' || c == '}') --depth;
      if (c == '|' && depth == 1) ++count;
      if (depth == 0) break;
    }
    size_t chosen = prng_.below(count);
    if (optional && prng_.one_in(2)) chosen = count;
    for (size_t i = 0; i < count; ++i) {
      ++at_;
      items(wanted && i == chosen);
    }
    ++at_;
  }

  void repetition(bool wanted) {
    const size_t begin = ++at_;
    const uint64_t times = 1 + prng_.below(4);
    for (uint64_t i = 0; i < times; ++i) {
      at_ = begin;
      items(wanted);
    }
    ++at_;
  }

  std::string_view line_;
  Prng& prng_;
  const std::function<std::string(std::string_view)>& argument_;
  size_t at_ = 0;
  std::vector<std::string> args_;
};

}  // namespace

std::span<const std::string_view> grammar_lines() {
  return kLines;
}

std::vector<std::string> expand_line(std::string_view line, Prng& prng,
                                     const std::function<std::string(std::string_view)>& argument) {
  return Expansion(line, prng, argument).run();
}

}  // namespace rondo
