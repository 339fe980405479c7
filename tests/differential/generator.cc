#include "tests/differential/generator.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "protocol/number.h"
#include "reactor/base/check.h"
#include "server/command_table.h"
#include "tests/differential/grammar.h"

namespace rondo {

namespace {

// The first letters of keys, by the type of value that commands mostly put there.
constexpr char kTypes[] = {'s', 'h', 'l', 'e', 'z'};

constexpr const char* kIntegers[] = {"0",
                                     "1",
                                     "2",
                                     "3",
                                     "-1",
                                     "-5",
                                     "10",
                                     "100",
                                     "9223372036854775807",
                                     "-9223372036854775808",
                                     "9223372036854775806",
                                     "4611686018427387904"};
constexpr const char* kReals[] = {"0",   "1",    "2",     "3.5",  "-1.25", "1e3", "-0",
                                  "0.1", "3.14", "1e300", "+inf", "-inf",  "5",   "7"};
constexpr const char* kJunk[] = {
    "",    "abc", "nan", "1.5",   " 1", "01",    "+1",
    "1e5", "-0",  "1 ",  "0x10",  "NX", "(5",    "[a",
    "*",   "--1", "inf", "LIMIT", "-1", "COUNT", "99999999999999999999",
    "0"};
constexpr const char* kPatterns[] = {"*", "s:*", "?:1", "m*", "[ml]*", "*1", "none", "{t}*"};
constexpr const char* kBounds[] = {"0",    "(0",   "1",   "(1", "3.5", "(5",
                                   "-inf", "+inf", "inf", "-1", "10",  "(abc"};
constexpr const char* kLexBounds[] = {"-", "+", "[m1", "m1", "(m1", "[m3", "(m5", "[", "[5", "(z"};
constexpr const char* kWords[] = {"a", "b", "c", "hello", "world", "Rondo", "m1", "m2"};

// What this test can not compare: other clients, the process, time, or a reply by chance that
// changes something.
constexpr std::string_view kLeftOut[] = {
    "acl",      "auth",     "bgrewriteaof", "dbsize",       "bgsave",       "client",
    "cluster",  "command",  "config",       "debug",        "failover",     "hello",
    "info",     "lastsave", "latency",      "memory",       "module",       "monitor",
    "object",   "psync",    "quit",         "replicaof",    "reset",        "role",
    "save",     "shutdown", "slaveof",      "slowlog",      "spop",         "sync",
    "time",     "wait",     "waitaof",      "subscribe",    "psubscribe",   "ssubscribe",
    "flushall", "lolwut",   "unsubscribe",  "punsubscribe", "sunsubscribe", "script",
    "eval",     "function", "migrate",      "pubsub",       "scan",         "hscan",
    "sscan",    "zscan",    "dump",         "restore",
};

// Spoilt commands whose replies would say nothing: what ZRANK has more than Redis 7.0, a member by
// chance that is gone then, and an order that is not specified.
bool is_left_out(const std::vector<std::string>& args) {
  std::string name = args[0];
  for (char& c : name)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name == "ZRANK" || name == "ZREVRANK") return args.size() > 3;
  return name == "SPOP" || name.find("LEX") != name.npos ||
         std::any_of(args.begin(), args.end(), [](const std::string& arg) {
           return arg.find("LEX") != arg.npos || arg.starts_with("q:");
         });
}

// A command that sets an expiry and has a number that may be a short one: this server's time stands
// still here, that of Redis does not.
bool may_expire_soon(const std::vector<std::string>& args) {
  static constexpr std::string_view kNames[] = {
      "set",       "setex",   "psetex",   "getex",     "expire",     "pexpire", "expireat",
      "pexpireat", "hexpire", "hpexpire", "hexpireat", "hpexpireat", "hgetex",  "hsetex"};
  std::string name = args[0];
  for (char& c : name)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) return false;
  return std::any_of(args.begin() + 1, args.end(), [](const std::string& arg) {
    const auto number = parse_integer(arg);
    return number && *number > 0 && *number < 100'000'000;
  });
}

}  // namespace

CommandGenerator::CommandGenerator(uint64_t seed, const std::set<std::string, std::less<>>& known)
    : prng_(seed) {
  const CommandTable& table = CommandTable::instance();
  for (const std::string_view line : grammar_lines()) {
    const std::string_view name = line.substr(0, line.find(' '));
    const Command* row = table.find(name);
    if (name == "NOSUCHCOMMAND" || (row && known.contains(row->name))) lines_.push_back(line);
  }
  for (const Command* row : table.commands()) {
    const bool left_out =
        std::find(std::begin(kLeftOut), std::end(kLeftOut), row->name) != std::end(kLeftOut);
    if (!left_out && known.contains(row->name)) commands_.push_back(row->name);
  }
  has_field_expiry_ = known.contains("hpexpire");
}

std::vector<std::string> CommandGenerator::next() {
  while (true) {
    std::vector<std::string> args;
    if (prng_.one_in(25)) {
      args = any_command();
    } else {
      args = expand_line(one_of(lines_), prng_,
                         [this](std::string_view kind) { return argument(kind); });
      if (!prng_.one_in(12)) return args;
      spoil(args);
    }
    if (!may_expire_soon(args) && !is_left_out(args)) return args;
  }
}

std::vector<std::string> CommandGenerator::expiring_soon(int64_t ms) {
  const std::string time = std::to_string(ms);
  switch (prng_.below(has_field_expiry_ ? 6 : 4)) {
    case 0:
      return {"SET", key_of('s'), value(), "PX", time};
    case 1:
      return {"PSETEX", key_of('s'), time, value()};
    case 2:
    case 3:
      return {"PEXPIRE", key_of(one_of(kTypes)), time};
    default:
      return {"HPEXPIRE", key_of('h'), time, "FIELDS", "2", member(), member()};
  }
}

std::string CommandGenerator::key_of(char type) {
  // Now and then a key of another type; the tagged ones share a shard.
  if (prng_.one_in(12)) type = one_of(kTypes);
  const std::string number = std::to_string(prng_.below(4));
  return (prng_.one_in(3) ? "{t}" : "") + std::string(1, type) + ":" + number;
}

std::string CommandGenerator::integer() {
  return prng_.one_in(3) ? one_of(kIntegers) : std::to_string(prng_.below(20));
}

std::string CommandGenerator::real() {
  return prng_.one_in(3) ? integer() : one_of(kReals);
}

std::string CommandGenerator::value() {
  switch (prng_.below(12)) {
    case 0:
      return integer();
    case 1:
      return real();
    case 2:
      return std::string(1 + prng_.below(100), 'v');
    case 3:
      return prng_.one_in(4) ? std::string(5000 + prng_.below(8000), 'L') : "";
    case 4:
      return std::string("bin\0\r\n\xff", 7);
    case 5:
      return std::to_string(prng_.below(1000));
    default:
      return one_of(kWords);
  }
}

std::string CommandGenerator::member() {
  switch (prng_.below(8)) {
    case 0:
      return std::to_string(prng_.below(12));
    case 1:
      return prng_.one_in(6) ? std::string(70, 'M') : "m" + std::to_string(prng_.below(300));
    case 2:
      return prng_.one_in(6) ? "" : one_of(kWords);
    default:
      return "m" + std::to_string(prng_.below(8));
  }
}

// A time from now, of seconds or milliseconds; no two of them are close to each other for long,
// since which one is later must not depend on how fast the servers are.
std::string CommandGenerator::far_away() {
  constexpr uint64_t kApart = 1'000'000;
  return std::to_string(100 * kApart + times_++ * 379 % 997 * kApart);
}

std::string CommandGenerator::junk() {
  return one_of(kJunk);
}

std::string CommandGenerator::argument(std::string_view kind) {
  if (kind.size() == 1 &&
      std::find(std::begin(kTypes), std::end(kTypes), kind[0]) != std::end(kTypes)) {
    return key_of(kind[0]);
  }
  if (kind == "q") return "q:" + std::to_string(prng_.below(3));
  if (kind == "k") return key_of(one_of(kTypes));
  if (kind == "v") return value();
  if (kind == "f") return member();
  if (kind == "i") return integer();
  if (kind == "d") return real();
  if (kind == "n") return std::to_string(prng_.below(8) * (prng_.one_in(5) ? 100 : 1));
  if (kind == "x") return std::to_string(static_cast<int>(prng_.below(16)) - 6);
  if (kind == "offset") return std::to_string(prng_.below(prng_.one_in(8) ? 2000 : 24));
  // Far away, so that the clocks of both servers need not agree, or in the past.
  if (kind == "secs" || kind == "ms") return prng_.one_in(12) ? "0" : far_away();
  if (kind == "ttl") return prng_.one_in(8) ? "-1" : far_away();
  if (kind == "at") return prng_.one_in(8) ? "1" : std::to_string(9'000'000'000 + prng_.below(9));
  if (kind == "atms") {
    return prng_.one_in(8) ? "1" : std::to_string(9'000'000'000'000 + prng_.below(9));
  }
  if (kind == "db") return std::to_string(prng_.below(3));
  if (kind == "p") return one_of(kPatterns);
  if (kind == "b") return one_of(kBounds);
  if (kind == "lex") return one_of(kLexBounds);
  CHECK(false && "a kind of argument that the grammar does not know");
  return {};
}

std::vector<std::string> CommandGenerator::any_command() {
  std::vector<std::string> args = {std::string(one_of(commands_))};
  const Command* row = CommandTable::instance().find(args[0]);
  const auto arity = static_cast<uint64_t>(std::abs(row->arity));
  uint64_t count = arity - 1 + prng_.below(3);
  if (prng_.one_in(5)) count = prng_.below(6);
  while (args.size() <= count) {
    switch (prng_.below(3)) {
      case 0:
        args.push_back(junk());
        break;
      case 1:
        args.push_back(integer());
        break;
      default:
        args.push_back(key_of(one_of(kTypes)));
    }
  }
  return args;
}

void CommandGenerator::spoil(std::vector<std::string>& args) {
  const size_t at = prng_.below(args.size());
  switch (prng_.below(4)) {
    case 0:
      if (at != 0) args.erase(args.begin() + static_cast<ptrdiff_t>(at));
      return;
    case 1:
      args.insert(args.begin() + 1 + static_cast<ptrdiff_t>(at), junk());
      return;
    case 2:
      if (at != 0) args[at] = junk();
      return;
    default:
      if (at != 0) args[at] = value();
  }
}

}  // namespace rondo
