// ScriptRegistry: the scripts that EVAL and SCRIPT LOAD have made known, by their SHA-1: one for
// the whole process, so that what was loaded through one core is there for EVALSHA on all. Each
// core compiles a script for itself when it first runs it (server/scripting/interpreter.h) and does
// not come here again until the registry was flushed.
//
//   buckets:  [head] -> Script -> Script        each pushed in front by one compare-and-swap
//             [head] -> null
//
// Any thread may look up and add. A script never changes and never moves. flush() takes all of them
// out; they are retired, and freed by free_retired() once every core is known to hold none of them.
// Until then a core may go on with one that it found before.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/scripting/sha1.h"

namespace rondo {

struct Script {
  Sha1Hex sha;
  std::string text;
  uint32_t flags = 0;       // ScriptFlag bits.
  size_t header_bytes = 0;  // In front of the code.
  Script* next = nullptr;

  std::string_view code() const { return std::string_view(text).substr(header_bytes); }
};

class ScriptRegistry {
 public:
  ScriptRegistry() = default;
  ScriptRegistry(const ScriptRegistry&) = delete;
  ScriptRegistry& operator=(const ScriptRegistry&) = delete;
  ~ScriptRegistry();

  // Null: not known.
  const Script* find(const Sha1Hex& sha) const;
  // Adds it unless it is there already.
  const Script& add(const Sha1Hex& sha, std::string_view text, uint32_t flags, size_t header_bytes);

  // How often it was flushed: what a core has compiled is of one generation.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // Takes all scripts out; a list of retired ones.
  Script* flush();
  static void free_retired(Script* first);

  size_t count() const { return count_.load(std::memory_order_relaxed); }
  // Bytes of the texts and what belongs to them.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kBuckets = 4096;
  static size_t bucket_of(const Sha1Hex& sha);
  static Script* find_in(Script* first, const Sha1Hex& sha);

  std::array<std::atomic<Script*>, kBuckets> buckets_{};
  std::atomic<uint64_t> generation_{0};
  std::atomic<size_t> count_{0};
  std::atomic<size_t> bytes_{0};
};

}  // namespace rondo
