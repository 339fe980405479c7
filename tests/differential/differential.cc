#include "tests/differential/differential.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <vector>

#include "protocol/quote.h"
#include "server/command_table.h"
#include "tests/differential/comparison.h"
#include "tests/differential/generator.h"
#include "tests/server/local_server.h"
#include "tools/client/client.h"

namespace rondo {

namespace {

using Words = std::vector<std::string>;

constexpr int kDatabases = 3;
constexpr size_t kHistoryShown = 12;

std::string shown(const Words& args) {
  std::string text;
  for (const std::string& arg : args)
    text += (text.empty() ? "" : " ") +
            (arg.size() > 60 ? fmt::format("<{} bytes>", arg.size()) : quoted(arg));
  return text;
}

class Side {
 public:
  virtual ~Side() = default;
  virtual RespValue run(const Words& args) = 0;
};

class RondoSide final : public Side {
 public:
  explicit RondoSide(int cores) : server_(cores), client_(server_.connect(0)) {}
  RespValue run(const Words& args) override {
    RespReader reader;
    reader.feed(client_.run_args(args));
    RespValue value;
    CHECK(reader.next(value) == RespReader::Status::kValue);
    CHECK(client_.received().empty());
    return value;
  }

 private:
  LocalServer server_;
  LocalClient& client_;
};

class RedisSide final : public Side {
 public:
  explicit RedisSide(const std::string& socket) : client_(connect(socket)) {}
  RespValue run(const Words& args) override {
    Result<RespValue> reply = client_.command(args);
    CHECK(reply);
    return std::move(reply.value());
  }

 private:
  static client::Client connect(const std::string& socket) {
    Result<client::Client> client = client::Client::connect({.unix_path = socket});
    CHECK(client);
    return std::move(client.value());
  }
  client::Client client_;
};

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
        rondo_(options.cores),
        redis_(options.redis_socket),
        generator_(options.seed, commands_of(redis_)) {}

  std::string run() {
    prepare();
    for (uint64_t i = 0; i < options_.commands; ++i) {
      const std::string difference = step(generator_.next());
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
  }

  std::string step(const Words& args) {
    if (cursor_place(args) != 0 && (in_multi_ || !starts_scan(args))) return {};
    if (!in_multi_ && may_block(args)) return {};
    history_.push_back(args);
    if (history_.size() > kHistoryShown) history_.pop_front();
    const bool scans = cursor_place(args) != 0;
    const RespValue ours = scans ? run_scan(rondo_, args) : rondo_.run(args);
    const RespValue theirs = scans ? run_scan(redis_, args) : redis_.run(args);
    const std::string name = command_name(args);
    const std::string difference = name == "exec" && in_multi_ && theirs.is_aggregate()
                                       ? compare_exec(ours, theirs)
                                       : compare(args, ours, theirs);
    follow_multi(name, args, theirs);
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
  RondoSide rondo_;
  RedisSide redis_;
  CommandGenerator generator_;
  std::deque<Words> history_;
  bool in_multi_ = false;
  std::vector<Words> queued_;
};

}  // namespace

std::string run_differential(const DifferentialOptions& options) {
  return Run(options).run();
}

}  // namespace rondo
