// BufferRing: the buffers that multishot receives of one reactor are filled into. The kernel takes
// a buffer for each arrival; the reactor gives it back as soon as the bytes have been handled, so a
// few dozen buffers serve any number of connections. Used only by the reactor's thread.
//
// The kernel takes the buffers in turns, so all that are in the ring become resident memory,
// however few would do. Hence there are kFirst of them at first, and twice as many each time it is
// found that the kernel used up all there were.
//
// The ring shared with the kernel is mapped by hand: liburing 2.3 registers one but does not
// allocate it. Buffers lie `size` + one cache line apart, because a power-of-two stride would put
// the first line of every buffer into the same few sets of the cache.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "reactor/base/check.h"
#include "reactor/base/result.h"

namespace rondo {

class Ring;

struct BufferRingOptions {
  unsigned count = 128;  // Rounded up to a power of two, at most 32768.
  unsigned size = 16 * 1024;
};

class BufferRing {
 public:
  static constexpr uint16_t kGroup = 0;
  static constexpr unsigned kFirst = 16;

  // Registers with `ring`. Must outlive it: closing the ring is what takes the buffers back.
  static Result<std::unique_ptr<BufferRing>> create(Ring& ring, const BufferRingOptions& options);
  ~BufferRing();
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  unsigned count() const { return count_; }
  unsigned size() const { return size_; }

  // How many are in use or in the ring.
  unsigned provided() const { return provided_; }

  // The buffer of a completion with IORING_CQE_F_BUFFER; to be asked for once.
  char* take(unsigned id) {
    CHECK(id < provided_);
    ++taken_;
    return at(id);
  }
  // Gives it back to the kernel.
  void recycle(unsigned id);
  // A receive has ended because there was no buffer. Of several that end so at about the same time,
  // the first one makes the ring larger.
  void note_shortage();

 private:
  explicit BufferRing(const BufferRingOptions& options);
  size_t stride() const { return size_ + 64; }
  char* at(unsigned id) const { return memory_ + size_t{id} * stride(); }
  void provide(unsigned count);

  const unsigned count_;
  const unsigned size_;
  unsigned provided_ = 0;  // Those with lower numbers.
  uint64_t taken_ = 0;     // Since the ring became larger.
  io_uring_buf_ring* entries_ = nullptr;
  size_t entries_bytes_ = 0;
  char* memory_ = nullptr;
  size_t memory_bytes_ = 0;
};

}  // namespace rondo
