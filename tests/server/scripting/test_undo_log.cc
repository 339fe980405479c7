#include "server/scripting/undo_log.h"

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/out_buffer.h"
#include "reactor/base/prng.h"
#include "server/command_table.h"
#include "shard/call.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Listens at a shard's door.
class Listener final : public EffectSink {
 public:
  void on_effect(const Effect& effect) override {
    std::string line = std::string(effect.event.name) + " " + std::string(effect.key);
    for (const std::string_view word : effect.change)
      line.append(" ").append(word);
    heard.push_back(std::move(line));
  }
  void on_miss(int, std::string_view key) override { heard.push_back("miss " + std::string(key)); }

  std::vector<std::string> heard;
};

struct UndoFixture {
  UndoFixture() : shard(ShardOptions{}) {
    Time now;
    now.unix_us = 1'700'000'000'000'000;
    now.mono_ns = 1'000'000'000;
    shard.set_time(now);
    shard.add_sink(&listener);
  }
  ~UndoFixture() { shard.remove_sink(&listener); }

  std::string run(const std::vector<std::string>& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    Error unknown;
    const Command* row = CommandTable::instance().resolve(args, unknown);
    REQUIRE(row != nullptr);
    if (log.recording() && (row->flags & kWrite)) {
      std::vector<int> positions;
      static_cast<void>(key_positions(*row, args, positions));
      for (const int position : positions) {
        if (!log.keep(0, make_key(args[static_cast<size_t>(position)]))) return "too large";
      }
    }
    OutBuffer out;
    Reply reply(out, Resp::k2);
    Call call(shard, 0, args, reply);
    Shard* const shards[] = {&shard};
    const ShardView view{shards, nullptr};
    call.set_view(&view);
    const Error error = row->run(call);
    if (error) reply.error(error.text());
    return out.to_string();
  }
  // Every key with its value and its expiry.
  std::string dump() {
    std::string text;
    std::vector<std::string> keys;
    uint64_t cursor = 0;
    do {
      cursor = shard.db(0).scan(cursor, 100, [&](Entry entry) { keys.emplace_back(entry.key()); });
    } while (cursor != 0);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const std::string& key : keys)
      text += key + " " + run({"DUMP", key}) + run({"PEXPIRETIME", key}) +
              run({"OBJECT", "ENCODING", key});
    return text;
  }

  Shard shard;
  Listener listener;
  UndoLog log;
};

TEST_CASE("undo log: everything is as it was, and nobody has heard of it") {
  UndoFixture at;
  at.run({"SET", "a", "1"});
  at.run({"SET", "t", "x", "PX", "5000"});
  at.run({"RPUSH", "l", "1", "2", "3"});
  at.run({"HSET", "h", "f", "v"});
  const std::string before = at.dump();
  at.listener.heard.clear();
  const ShardStats stats = at.shard.stats();

  at.log.begin(at.shard);
  at.run({"INCR", "a"});
  at.run({"INCR", "a"});
  at.run({"SET", "new", "x"});
  at.run({"DEL", "l"});
  at.run({"RPUSH", "l", "other"});
  at.run({"PERSIST", "t"});
  at.run({"HDEL", "h", "f"});
  at.run({"GET", "none"});
  at.run({"RENAME", "a", "b"});
  CHECK(at.listener.heard.empty());
  CHECK_NE(at.dump(), before);
  at.log.undo();
  CHECK_FALSE(at.log.recording());
  CHECK(at.listener.heard.empty());
  CHECK_EQ(at.shard.stats().mutations, stats.mutations);
  CHECK_EQ(at.shard.stats().misses, stats.misses);
  CHECK_EQ(at.dump(), before);
  at.shard.verify();
}

TEST_CASE("undo log: what stays is told at the end, in order") {
  UndoFixture at;
  at.log.begin(at.shard);
  at.run({"SET", "a", "1", "EX", "100"});
  at.run({"GET", "none"});
  at.run({"RPUSH", "l", "x", "y"});
  at.run({"DEL", "a"});
  CHECK(at.listener.heard.empty());
  at.log.commit();
  const std::vector<std::string> expected = {"set a", "miss none", "rpush l RPUSH l x y", "del a"};
  REQUIRE_EQ(at.listener.heard.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    CHECK(at.listener.heard[i].starts_with(expected[i].substr(0, 7)));
  at.listener.heard.clear();
  at.run({"SET", "b", "1"});
  CHECK_EQ(at.listener.heard.size(), 1);
}

TEST_CASE("undo log: what has expired stays so, and is told") {
  UndoFixture at;
  at.run({"SET", "a", "1", "PX", "100"});
  at.run({"SET", "b", "1", "PX", "100"});
  Time later = at.shard.now();
  later.unix_us += 1'000'000;
  at.shard.set_time(later);
  at.listener.heard.clear();
  at.log.begin(at.shard);
  at.run({"GET", "a"});
  at.run({"SET", "b", "2"});
  at.log.undo();
  CHECK_EQ(at.listener.heard.size(), 2);
  CHECK_EQ(at.listener.heard[0], "expired a");
  CHECK_EQ(at.shard.stats().expired, 2);
  CHECK_EQ(at.run({"EXISTS", "a", "b"}), ":0\r\n");
}

TEST_CASE("undo log: a large value is not copied, nor are very many") {
  UndoFixture at;
  at.run({"SET", "large", std::string(20'000, 'x')});
  at.log.begin(at.shard);
  CHECK_EQ(at.run({"APPEND", "large", "y"}), "too large");
  for (size_t i = 0; i < UndoLog::kKeysMax; ++i)
    CHECK_EQ(at.run({"SET", "k" + std::to_string(i), "v"}), "+OK\r\n");
  CHECK_EQ(at.run({"SET", "k0", "w"}), "+OK\r\n");
  CHECK_EQ(at.run({"SET", "one more", "v"}), "too large");
  at.log.undo();
  CHECK_EQ(at.shard.db(0).size(), 1);
}

TEST_CASE("undo log: random commands on values of all types") {
  UndoFixture at;
  Prng random(11);
  const auto word = [&] { return "w" + std::to_string(random.below(40)); };
  const auto number = [&] { return std::to_string(random.below(100)); };
  const auto step = [&] {
    const std::string key = "k" + std::to_string(random.below(30));
    const std::string other = "k" + std::to_string(random.below(30));
    switch (random.below(16)) {
      case 0:
        return at.run({"SET", key, std::string(random.below(200), 'x')});
      case 1:
        return at.run({"SET", key, number(), "PX", "100000"});
      case 2:
        return at.run({"INCRBY", key, number()});
      case 3:
        return at.run({"APPEND", key, word()});
      case 4:
        return at.run({"RPUSH", key, word(), std::string(random.below(100), 'y')});
      case 5:
        return at.run({"LPOP", key});
      case 6:
        return at.run({"SADD", key, word(), number()});
      case 7:
        return at.run({"SREM", key, word()});
      case 8:
        return at.run({"ZADD", key, number(), word()});
      case 9:
        return at.run({"ZREM", key, word()});
      case 10:
        return at.run({"HSET", key, word(), std::string(random.below(100), 'z')});
      case 11:
        return at.run({"HDEL", key, word()});
      case 12:
        return at.run({"DEL", key, other});
      case 13:
        return at.run({"RENAME", key, other});
      case 14:
        return at.run({"PEXPIRE", key, "50000"});
      default:
        return at.run({"LMOVE", key, other, "LEFT", "RIGHT"});
    }
  };
  for (int round = 0; round < 150; ++round) {
    const std::string before = at.dump();
    const bool stays = random.one_in(2);
    at.log.begin(at.shard);
    for (uint64_t n = random.below(40); n > 0; --n)
      step();
    stays ? at.log.commit() : at.log.undo();
    if (!stays) CHECK_EQ(at.dump(), before);
    at.shard.verify();
  }
}

}  // namespace
}  // namespace rondo
