#include "server/scripting/script_registry.h"

#include <cstring>
#include <memory>
#include <utility>

namespace rondo {

namespace {

size_t bytes_of(const Script& script) {
  return sizeof(Script) + script.text.capacity();
}

}  // namespace

ScriptRegistry::~ScriptRegistry() {
  free_retired(flush());
}

// The digits of a digest are as good as random.
size_t ScriptRegistry::bucket_of(const Sha1Hex& sha) {
  uint64_t word;
  std::memcpy(&word, sha.digits.data(), sizeof(word));
  return ((word * 0x9e3779b97f4a7c15) >> 32) % kBuckets;
}

Script* ScriptRegistry::find_in(Script* first, const Sha1Hex& sha) {
  while (first && first->sha != sha)
    first = first->next;
  return first;
}

const Script* ScriptRegistry::find(const Sha1Hex& sha) const {
  return find_in(buckets_[bucket_of(sha)].load(std::memory_order_acquire), sha);
}

const Script& ScriptRegistry::add(const Sha1Hex& sha, std::string_view text, uint32_t flags,
                                  size_t header_bytes) {
  std::atomic<Script*>& head = buckets_[bucket_of(sha)];
  Script* first = head.load(std::memory_order_acquire);
  if (const Script* known = find_in(first, sha)) return *known;
  auto script = std::make_unique<Script>();
  script->sha = sha;
  script->text = text;
  script->flags = flags;
  script->header_bytes = header_bytes;
  // Counted before others can take it out again.
  const size_t bytes = bytes_of(*script);
  count_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  for (;;) {
    script->next = first;
    if (head.compare_exchange_weak(first, script.get(), std::memory_order_acq_rel)) {
      return *script.release();
    }
    if (const Script* known = find_in(first, sha)) {
      count_.fetch_sub(1, std::memory_order_relaxed);
      bytes_.fetch_sub(bytes, std::memory_order_relaxed);
      return *known;
    }
  }
}

Script* ScriptRegistry::flush() {
  Script* retired = nullptr;
  for (std::atomic<Script*>& head : buckets_) {
    if (!head.load(std::memory_order_relaxed)) continue;
    Script* script = head.exchange(nullptr, std::memory_order_acq_rel);
    while (script) {
      count_.fetch_sub(1, std::memory_order_relaxed);
      bytes_.fetch_sub(bytes_of(*script), std::memory_order_relaxed);
      Script* next = std::exchange(script->next, retired);
      retired = std::exchange(script, next);
    }
  }
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return retired;
}

void ScriptRegistry::free_retired(Script* first) {
  while (first) {
    const std::unique_ptr<Script> script(first);
    first = script->next;
  }
}

}  // namespace rondo
