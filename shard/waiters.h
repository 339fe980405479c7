// Waiters: who waits for which keys of one shard (BLPOP and its like), each key with a line of
// clients in the order in which they began to wait, and the keys that have become ready since.
// Owned by a Shard, same thread. It listens at the shard's door only while somebody waits, so that
// others do not pay for it.
//
//   db, key -> WaitLine: places in order          ready: lines in the order of the first signal
//              [a] <-> [b] <-> [c]
//
// A key is ready when it was written, or came by SWAPDB. Whether it holds what a client waits for
// is seen when the line is served: by the server, right after the whole command or transaction and
// before anybody else can look, see server/blocking.h. A line stays while it has places, or while
// it is pinned: from the signal until whoever serves it says release().
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "reactor/base/intrusive_list.h"
#include "shard/effect.h"
#include "shard/key.h"

namespace rondo {

class Shard;
class WaitLine;

// The place of one client in one line. Owned by whoever waits; touched only by the thread that
// holds the shard while it is in a line.
class WaitPlace : public ListHook {
 public:
  void* client = nullptr;  // The server's.
  size_t argument = 0;     // Of the client's command: the key.
  int shard = 0;
  bool wide = false;     // The client waits for keys of other shards too.
  bool outward = false;  // To serve it takes other shards: what it takes goes to one of them.
  bool reaches = false;  // To serve it touches other keys of this shard.
  bool joined() const { return line_ != nullptr; }

 private:
  friend class Waiters;
  WaitLine* line_ = nullptr;
};

class WaitLine {
 public:
  WaitLine(int db, const Key& key) : db_(db), hash_(key.hash), key_(key.bytes) {}

  int db() const { return db_; }
  Key key() const { return Key{key_, hash_}; }
  List<WaitPlace>& places() { return places_; }

 private:
  friend class Waiters;
  const int db_;
  const uint64_t hash_;
  const std::string key_;
  List<WaitPlace> places_;
  size_t wide_ = 0;  // Places that are.
  size_t outward_ = 0;
  size_t reaches_ = 0;
  bool pinned_ = false;  // In a list of the ready ones, or being served.
};

class Waiters final : public EffectSink {
 public:
  explicit Waiters(Shard& shard) : shard_(shard) {}
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // To the end of the line for a key of database `db`. A client that stands there already (a key
  // that was named twice in one command) does not do so again.
  void join(WaitPlace& place, int db, const Key& key);
  // Out of the line. A place that is in none is no error.
  void leave(WaitPlace& place);

  bool empty() const { return places_ == 0; }
  size_t places() const { return places_; }
  size_t lines() const { return lines_.size(); }

  // Lines whose keys became ready. take_ready() appends them to `to`, pinned.
  bool has_ready() const { return !ready_.empty(); }
  void take_ready(std::vector<WaitLine*>& to);
  // The line was served as far as it can be now, and may go when nobody stands in it.
  void release(WaitLine& line);
  // It was not served: ready again.
  void put_back(WaitLine& line) { ready_.push_back(&line); }
  // It can not be served yet: ready again after retry_delayed().
  void delay(WaitLine& line) { delayed_.push_back(&line); }
  void retry_delayed();
  // Those in line for the key are still to be served: who comes now is behind them.
  bool holds_up(int db, const Key& key) const;
  // Makes the line ready in which the place stands, if any.
  void signal(WaitPlace& place) {
    if (place.joined()) mark(*place.line_);
  }

  // Places that are outward, of all lines.
  size_t outward() const { return outward_; }
  // Whether such a place is in a line for one of the keys, of any database.
  bool any_wide(const std::vector<uint64_t>& hashes) const;
  bool any_outward(const std::vector<uint64_t>& hashes) const;
  // The places in lines for a key, of any database, that reach for other keys.
  template <class Visit>
  void for_each_reaching(uint64_t hash, Visit&& visit) {
    const auto [from, to] = lines_.equal_range(hash);
    for (auto at = from; at != to; ++at) {
      if (at->second.reaches_ == 0) continue;
      at->second.places_.for_each([&](WaitPlace& place) {
        if (place.reaches) visit(place);
      });
    }
  }

  void on_effect(const Effect& effect) override;
  void verify() const;

  // From now on nothing becomes ready, so that a test can show that its checks notice that.
  void ignore_effects_for_test() { ignores_for_test_ = true; }

 private:
  using LinesByHash = std::unordered_multimap<uint64_t, WaitLine>;

  template <class Matches>
  bool any_line(const std::vector<uint64_t>& hashes, Matches&& matches) const {
    return std::any_of(hashes.begin(), hashes.end(), [&](uint64_t hash) {
      const auto [from, to] = lines_.equal_range(hash);
      return std::any_of(from, to, [&](const auto& pair) { return matches(pair.second); });
    });
  }
  WaitLine& line_of(int db, const Key& key);
  const WaitLine* find(int db, const Key& key) const;
  void mark(WaitLine& line);
  void swapped(int db);
  void drop_if_unused(WaitLine& line);
  void count(const WaitPlace& place, WaitLine& line, int by);

  Shard& shard_;
  LinesByHash lines_;
  size_t places_ = 0;
  size_t outward_ = 0;
  bool ignores_for_test_ = false;
  std::vector<WaitLine*> ready_;
  std::vector<WaitLine*> delayed_;
};

}  // namespace rondo
