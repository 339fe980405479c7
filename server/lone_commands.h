// LoneCommands: plain commands that came alone, each from another client, and wait within one tick
// for each other. While the next ones are parsed, the memory that the first will touch is on its
// way: what a pipeline does for its own commands. Each is kept as its bytes, because the receive
// buffer is given back. Owned by a core and touched only by its thread.
//
// Lifetimes: a session that waits here calls Core::run_lone() before it takes more input or ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rondo {

class Session;

class LoneCommands {
 public:
  // As many as are worth it: by then the first one's memory has arrived.
  static constexpr size_t kMax = 8;
  static constexpr size_t kBytesMax = 512;

  struct Lone {
    Session* session = nullptr;
    int db = 0;
    uint64_t hash = 0;  // Of its key.
    size_t size = 0;
    char bytes[kBytesMax];

    std::string_view view() const { return {bytes, size}; }
  };

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == kMax; }
  // The place of the next one, to be filled. REQUIRES: !full().
  Lone& next() { return places_[count_]; }
  void add() { ++count_; }
  std::span<Lone> all() { return std::span(places_).first(count_); }
  void clear() { count_ = 0; }

 private:
  std::array<Lone, kMax> places_;
  size_t count_ = 0;
};

}  // namespace rondo
