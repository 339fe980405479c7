// OutBuffer: bytes on their way out, as a chain of pieces: chunks that it owns, and references to
// large values that are sent without being copied. Movable, not shared between threads; an empty
// one owns no memory beyond at most one small kept chunk.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/base/shared_bytes.h"

namespace rondo {

class OutBuffer {
 public:
  // A value of at least this many bytes is referred to instead of copied.
  static constexpr size_t kShareBytesMin = 8 * 1024;
  static constexpr size_t kChunkBytes = 16 * 1024;

  OutBuffer() = default;
  OutBuffer(OutBuffer&& other) noexcept;
  OutBuffer& operator=(OutBuffer&& other) noexcept;
  ~OutBuffer();

  // Room for at least `n` contiguous bytes, n <= kChunkBytes; commit() says how many were written.
  char* reserve(size_t n) {
    if (static_cast<size_t>(end_ - cursor_) < n) [[unlikely]] grow(n);
    return cursor_;
  }
  void commit(size_t n) {
    DCHECK(n <= static_cast<size_t>(end_ - cursor_));
    cursor_ += n;
    size_ += n;
  }

  // Copies `bytes` of any length.
  void append(std::string_view bytes);
  // Refers to bytes [from, from + length) of `bytes`.
  void append_shared(SharedBytes bytes, size_t from, size_t length);
  // Appends bytes [from, to) of `other`: shared pieces by reference, the rest copied.
  void append_range(const OutBuffer& other, size_t from, size_t to);
  // Moves all of `other` to the end of this one; `other` is empty afterwards.
  void splice(OutBuffer&& other);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Heap bytes held, shared pieces counted whole; for client-output-buffer-limit.
  size_t footprint() const;

  // Writes up to `max` pieces from the front; returns how many. They stay valid until the next
  // consume(), clear(), splice() or destruction; appending does not move them.
  size_t pieces(iovec* out, size_t max) const;
  // Drops `n` bytes from the front, n <= size().
  void consume(size_t n);
  void clear();
  // Drops bytes from the end so that size() becomes `n`, n <= size().
  void truncate(size_t n);
  // All bytes in one string; for tests and short replies.
  std::string to_string() const;

 private:
  void grow(size_t n);

  // The author of out_buffer.cc chooses the rest of the representation.
  char* cursor_ = nullptr;  // Next free byte of the last chunk.
  char* end_ = nullptr;     // End of the last chunk.
  size_t size_ = 0;
};

}  // namespace rondo
