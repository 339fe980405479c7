// SpscQueue: a bounded lock-free queue from one producer thread to one consumer thread.
//
// The producer pushes any number of elements and then publishes them together: one release store
// and one cache line moved for the whole batch. The consumer takes a batch the same way. Both
// indices only grow (modulo 2^64); the slot of index i is i & mask_.
//
//   line 0  head_           written by the consumer, read by the producer when it seems full
//   line 1  consumer's own  next_read_
//   line 2  tail_           written by the producer, read by the consumer
//   line 3  producer's own  next_write_, a cached copy of head_
//   slots   separate block, never initialised: untouched pages cost no memory
//
// Each side's own line is never touched by the other, so a push costs no coherence traffic until
// it is published, and a full queue is noticed by one load of head_.
//
// Invariant: head_ <= next_read_ <= tail_ <= next_write_ <= head_ + capacity.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "reactor/base/check.h"

namespace rondo {

inline constexpr size_t kCacheLine = 64;

template <class T>
class SpscQueue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // Room for `capacity` elements, rounded up to a power of two.
  explicit SpscQueue(size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1),
        slots_(static_cast<T*>(
            ::operator new ((mask_ + 1) * sizeof(T), std::align_val_t{kCacheLine}))) {
    CHECK(capacity > 0);
  }
  ~SpscQueue() { ::operator delete (slots_, std::align_val_t{kCacheLine}); }
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  size_t capacity() const { return mask_ + 1; }

  // --- Producer ---

  // True when push() will succeed. Looks at the consumer's index only when the queue seems full.
  bool can_push() const {
    if (next_write_ - cached_head_ <= mask_) [[likely]]
      return true;
    cached_head_ = head_.load(std::memory_order_acquire);
    return next_write_ - cached_head_ <= mask_;
  }

  // False when full. The element stays invisible until publish().
  bool push(const T& element) {
    if (!can_push()) return false;
    slots_[next_write_ & mask_] = element;
    ++next_write_;
    return true;
  }

  // Makes everything pushed so far visible to the consumer.
  void publish() { tail_.store(next_write_, std::memory_order_release); }

  // --- Consumer ---

  // Elements that have been published and not consumed.
  size_t readable() const { return tail_.load(std::memory_order_acquire) - next_read_; }

  // Calls on_element(const T&) for at most `max` elements published before the call, in order, and
  // returns how many. If it returns a bool, false ends this with that element. The slots are given
  // back to the producer together, afterwards.
  template <class F>
  size_t consume(size_t max, F&& on_element) {
    const size_t visible = readable();
    const size_t limit = visible < max ? visible : max;
    if (limit == 0) return 0;
    size_t count = 0;
    while (count < limit) {
      const T& element = slots_[(next_read_ + count++) & mask_];
      if constexpr (std::is_void_v<std::invoke_result_t<F&, const T&>>) {
        on_element(element);
      } else if (!on_element(element)) {
        break;
      }
    }
    next_read_ += count;
    head_.store(next_read_, std::memory_order_release);
    return count;
  }

 private:
  alignas(kCacheLine) std::atomic<uint64_t> head_{0};
  alignas(kCacheLine) uint64_t next_read_ = 0;
  alignas(kCacheLine) std::atomic<uint64_t> tail_{0};
  alignas(kCacheLine) uint64_t next_write_ = 0;
  mutable uint64_t cached_head_ = 0;

  alignas(kCacheLine) const uint64_t mask_;
  T* const slots_;
};

}  // namespace rondo
