#include "tests/differential/differential.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "protocol/quote.h"
#include "reactor/base/check.h"
#include "reactor/base/prng.h"
#include "server/command_table.h"
#include "tests/differential/comparison.h"
#include "tests/differential/generator.h"
#include "tests/differential/side.h"

namespace rondo {

namespace {

using Words = std::vector<std::string>;

constexpr int kDatabases = 3;
constexpr size_t kHistoryShown = 12;
constexpr uint64_t kEvery = 200;  // Steps between two scenes with a short expiry.
constexpr int64_t kMarginMs = 3;

std::string shown(const Words& args) {
  std::string text;
  for (const std::string& arg : args)
    text += (text.empty() ? "" : " ") +
            (arg.size() > 60 ? fmt::format("<{} bytes>", arg.size()) : quoted(arg));
  return text;
}

// Where the cursor of a scan is among its arguments; 0: it is no scan.
size_t cursor_place(const Words& args) {
  const std::string name = command_name(args);
  if (name == "scan") return 1;
  return name == "hscan" || name == "sscan" || name == "zscan" ? 2 : 0;
}

// Any number is a cursor to Redis; here only those are that a scan has given.
bool starts_scan(const Words& args) {
  const size_t place = cursor_place(args);
  if (place >= args.size() || args[place] == "0" || args[place].empty()) return true;
  return args[place][0] >= 'A';
}

std::set<std::string, std::less<>> commands_of(Side& side) {
  std::set<std::string, std::less<>> names;
  for (const RespValue& command : side.run({"COMMAND"}).elements)
    names.insert(command.elements.at(0).text);
  return names;
}

bool may_block(const Words& args) {
  const Command* row = CommandTable::instance().find(args[0]);
  return row && (row->flags & kBlocking) != 0;
}

bool begins_multi(const Words& args) {
  return command_name(args) == "multi";
}

bool swaps(const Words& args) {
  return command_name(args) == "swapdb";
}

// A time that might pass becomes one that does not.
void wait_for_ever(Words& args) {
  const std::string name = command_name(args);
  const size_t at = name == "blmpop" || name == "bzmpop" ? 1 : args.size() - 1;
  if (at < args.size() && std::strtod(args[at].c_str(), nullptr) > 0) args[at] = "0";
}

// A scan to its end, as one reply with all elements. Only SCAN itself has to be unique: hashes and
// sets do not change meanwhile either.
RespValue run_scan(Side& side, Words args) {
  RespValue all;
  all.type = RespValue::Type::kArray;
  do {
    RespValue reply = side.run(args);
    if (reply.type != RespValue::Type::kArray || reply.elements.size() != 2) return reply;
    args[cursor_place(args)] = reply.elements[0].text;
    for (RespValue& element : reply.elements[1].elements)
      all.elements.push_back(std::move(element));
  } while (args[cursor_place(args)] != "0");
  return all;
}

class Run {
 public:
  explicit Run(const DifferentialOptions& options)
      : options_(options),
        rondo_side_(options.rondo_socket.empty() ? make_local_side(options.cores)
                                                 : make_socket_side(options.rondo_socket)),
        redis_side_(make_socket_side(options.redis_socket)),
        rondo_(*rondo_side_),
        redis_(*redis_side_),
        prng_(options.seed),
        generator_(options.seed, commands_of(redis_)) {}

  std::string run() {
    prepare();
    for (uint64_t i = 0; i < options_.commands; ++i) {
      const Words args = generator_.next();
      const bool waits = !in_multi_ && may_block(args);
      const std::string difference = waits                                ? play_wait(args)
                                     : !in_multi_ && prng_.one_in(kEvery) ? play_expiry(args)
                                                                          : step(args);
      if (!difference.empty()) return describe(i, difference);
    }
    if (in_multi_) static_cast<void>(step({"DISCARD"}));
    const std::string difference = compare_data();
    return difference.empty() ? difference : describe(options_.commands, difference);
  }

 private:
  void prepare() {
    const std::string limit = std::to_string(options_.seed % 3 == 0 ? 8 : 64);
    for (const Words& args : {
             Words{"FLUSHALL"},
             Words{"CONFIG", "SET", "hash-max-listpack-entries", limit},
             Words{"CONFIG", "SET", "zset-max-listpack-entries", limit},
             Words{"CONFIG", "SET", "set-max-intset-entries", limit},
             Words{"CONFIG", "SET", "set-max-listpack-entries", limit},
             Words{"CONFIG", "SET", "list-max-listpack-size", limit},
             Words{"HELLO", std::to_string(options_.resp)},
         }) {
      // Not every option is in every version.
      static_cast<void>(rondo_.run(args));
      static_cast<void>(redis_.run(args));
    }
    const Words hello = {"HELLO", std::to_string(options_.resp)};
    for (Side* side : {&rondo_, &redis_}) {
      side->start_waiting(hello);
      static_cast<void>(side->waiter_reply());
    }
    ids_ = {wait_for({"CLIENT", "ID"}, rondo_), wait_for({"CLIENT", "ID"}, redis_)};
  }

  static std::string wait_for(const Words& args, Side& side) {
    side.start_waiting(args);
    return std::to_string(side.waiter_reply().integer);
  }

  void note(const Words& args) {
    history_.push_back(args);
    if (history_.size() > kHistoryShown) history_.pop_front();
  }

  // The second client waits for a key while the first one goes on; in the end it is released, if
  // nothing was there for it.
  std::string play_wait(Words args) {
    wait_for_ever(args);
    const Words select = {"SELECT", std::to_string(db_)};
    for (Side* side : {&rondo_, &redis_}) {
      side->start_waiting(select);
      static_cast<void>(side->waiter_reply());
      side->start_waiting(args);
    }
    Words shown_args = args;
    shown_args.insert(shown_args.begin(), "(waits)");
    note(shown_args);
    // After SWAPDB, Redis looks at the keys of a waiting client in an order of its own.
    const bool several_keys = args.size() > 3;
    for (uint64_t left = 1 + prng_.below(6); left > 0; --left) {
      Words next = generator_.next();
      while (may_block(next) || begins_multi(next) || (several_keys && swaps(next)))
        next = generator_.next();
      const std::string difference = step(next);
      if (!difference.empty()) return difference;
    }
    const RespValue our_end = rondo_.run({"CLIENT", "UNBLOCK", ids_.first});
    const RespValue their_end = redis_.run({"CLIENT", "UNBLOCK", ids_.second});
    const std::string difference = compare(args, rondo_.waiter_reply(), redis_.waiter_reply());
    return difference.empty() ? compare({"CLIENT", "UNBLOCK"}, our_end, their_end) : difference;
  }

  // A key, or a field, gets an expiry and it passes before anything else happens.
  std::string play_expiry(const Words& then) {
    const int64_t ms = 1 + static_cast<int64_t>(prng_.below(20));
    const std::string difference = step(generator_.expiring_soon(ms));
    if (!difference.empty()) return difference;
    // The command itself took some time on the other side of a socket, which only makes it longer.
    rondo_.pass_ms(ms + kMarginMs);
    redis_.pass_ms(ms + kMarginMs);
    return step(then);
  }

  std::string step(const Words& args) {
    if (cursor_place(args) != 0 && (in_multi_ || !starts_scan(args))) return {};
    note(args);
    const bool scans = cursor_place(args) != 0;
    const RespValue ours = scans ? run_scan(rondo_, args) : rondo_.run(args);
    const RespValue theirs = scans ? run_scan(redis_, args) : redis_.run(args);
    const std::string name = command_name(args);
    const std::string difference = name == "exec" && in_multi_ && theirs.is_aggregate()
                                       ? compare_exec(ours, theirs)
                                       : compare(args, ours, theirs);
    follow_multi(name, args, theirs);
    follow_select(name, args, theirs);
    return difference;
  }

  static std::string compare(const Words& args, const RespValue& ours, const RespValue& theirs) {
    const std::string our_text = comparable(args, ours);
    const std::string their_text = comparable(args, theirs);
    if (our_text == their_text) return {};
    return fmt::format("{}\n  redis: {}\n  rondo: {}\n", shown(args), their_text.substr(0, 2000),
                       our_text.substr(0, 2000));
  }

  std::string compare_exec(const RespValue& ours, const RespValue& theirs) {
    if (ours.elements.size() != theirs.elements.size() || queued_.size() != ours.elements.size()) {
      return compare({"EXEC"}, ours, theirs) + fmt::format("{} were queued\n", queued_.size());
    }
    for (size_t i = 0; i < queued_.size(); ++i) {
      const std::string difference = compare(queued_[i], ours.elements[i], theirs.elements[i]);
      if (!difference.empty()) return "in EXEC: " + difference;
    }
    return {};
  }

  void follow_multi(const std::string& name, const Words& args, const RespValue& reply) {
    if (name == "multi" && reply.text == "OK") {
      in_multi_ = true;
      queued_.clear();
    } else if (name == "exec" || (name == "discard" && args.size() == 1)) {
      in_multi_ = false;  // An EXEC that is refused ends the block as well.
    } else if (in_multi_ && reply.text == "QUEUED") {
      queued_.push_back(args);
    }
  }

  // Of the first client, for the second one.
  void follow_select(const std::string& name, const Words& args, const RespValue& reply) {
    if (name == "select" && reply.text == "OK") db_ = std::atoi(args[1].c_str());
    if (name == "exec" && reply.is_aggregate()) {
      for (size_t i = 0; i < std::min(queued_.size(), reply.elements.size()); ++i)
        follow_select(command_name(queued_[i]), queued_[i], reply.elements[i]);
    }
  }

  // Every key of all databases, with its type and its value.
  std::string compare_data() {
    for (int db = 0; db < kDatabases; ++db) {
      std::string difference = step({"SELECT", std::to_string(db)});
      if (difference.empty()) difference = step({"KEYS", "*"});
      if (!difference.empty()) return difference;
      const RespValue keys = redis_.run({"KEYS", "*"});
      for (const RespValue& key : keys.elements) {
        difference = compare_value(key.text);
        if (!difference.empty()) return difference;
      }
    }
    return {};
  }

  std::string compare_value(const std::string& key) {
    std::string difference = step({"TYPE", key});
    if (!difference.empty()) return difference;
    const std::string type = redis_.run({"TYPE", key}).text;
    Words read = {"GET", key};
    if (type == "list") read = {"LRANGE", key, "0", "-1"};
    if (type == "hash") read = {"HGETALL", key};
    if (type == "set") read = {"SMEMBERS", key};
    if (type == "zset") read = {"ZRANGE", key, "0", "-1", "WITHSCORES"};
    difference = step(read);
    return difference.empty() ? step({"PEXPIRETIME", key}) : difference;
  }

  std::string describe(uint64_t at, const std::string& difference) const {
    std::string text = fmt::format("seed {}, cores {}, RESP{}, command {}: {}", options_.seed,
                                   options_.cores, options_.resp, at, difference);
    text += "the last commands:\n";
    for (const Words& args : history_)
      text += "  " + shown(args) + "\n";
    return text;
  }

  const DifferentialOptions options_;
  const std::unique_ptr<Side> rondo_side_;
  const std::unique_ptr<Side> redis_side_;
  Side& rondo_;
  Side& redis_;
  Prng prng_;  // What the generator's does not decide: where scenes stand.
  CommandGenerator generator_;
  std::deque<Words> history_;
  bool in_multi_ = false;
  std::vector<Words> queued_;
  int db_ = 0;
  std::pair<std::string, std::string> ids_;  // Of the second clients.
};

}  // namespace

std::string run_differential(const DifferentialOptions& options) {
  return Run(options).run();
}

}  // namespace rondo
