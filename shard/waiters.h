// Waiters: who waits for which keys of one shard (BLPOP and its like), each key with a line of
// clients in the order in which they began to wait, and the keys that have become ready since.
// Owned by a Shard, same thread. It listens at the shard's door only while somebody waits, so that
// others do not pay for it.
//
//   db, key -> WaitLine: places in order          ready: lines in the order of the first signal
//              [a] <-> [b] <-> [c]
//
// A key is ready when it was written, or came by SWAPDB. Whether it holds what a client waits for
// is seen when the line is served: by the server, after the whole command or transaction, see
// server/blocking.h. A line stays while it has places, or while it is pinned: from the signal until
// whoever serves it says release() or delay().
#pragma once

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
  bool wide = false;  // The client waits for keys of other shards too.
  bool joined() const { return line_ != nullptr; }
  bool tried() const { return tried_; }

 private:
  friend class Waiters;
  bool tried_ = false;  // Another thread tries to serve this client; those behind it wait.
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
  size_t tried_ = 0;      // Places that are tried.
  bool delayed_ = false;  // Not served until retry_delayed().
  size_t wide_ = 0;       // Places of clients that wait for other shards too.
  bool pinned_ = false;   // In a list of the ready ones, or being served.
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
  void delay(WaitLine& line) {
    line.delayed_ = true;
    delayed_.push_back(&line);
  }
  void retry_delayed();
  // Somebody else begins or ends to try the client of a place. Then its line is ready again.
  void begin_try(WaitPlace& place);
  void end_try(WaitPlace& place);
  // Those in line for the key will be served, but not yet: who comes now is behind them.
  bool holds_up(int db, const Key& key) const;

  // Some key is waited for by a client that waits for keys of other shards too.
  bool any_wide(const std::vector<uint64_t>& hashes) const;

  void on_effect(const Effect& effect) override;
  void verify() const;

  // From now on nothing becomes ready, so that a test can show that its checks notice that.
  void ignore_effects_for_test() { ignores_for_test_ = true; }

 private:
  using LinesByHash = std::unordered_multimap<uint64_t, WaitLine>;

  WaitLine& line_of(int db, const Key& key);
  const WaitLine* find(int db, const Key& key) const;
  void mark(WaitLine& line);
  void swapped(int db);
  void drop_if_unused(WaitLine& line);

  Shard& shard_;
  LinesByHash lines_;
  size_t places_ = 0;
  bool ignores_for_test_ = false;
  std::vector<WaitLine*> ready_;
  std::vector<WaitLine*> delayed_;
};

}  // namespace rondo
