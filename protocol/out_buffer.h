// OutBuffer: bytes on their way out, as a chain of pieces: chunks that it owns, and references to
// large values that are sent without being copied. Movable, not shared between threads; an empty
// one owns no memory beyond at most one small kept chunk.
//
// A chunk is an arena. It opens with the record of its first piece; behind the bytes of that piece
// may follow, in the same allocation, the record of a reference and the record of the next run of
// bytes. So a reply of a large value costs no allocation of its own:
//
//   chunk:  [chunk | piece A] bytes of A ... [piece B: a reference] [piece C] bytes of C ... free
//                                                                             cursor_ ^     end_ ^
// Pieces are linked in the order of sending. Invariants: the pieces of one chunk are neighbours in
// the chain, so a chunk is freed when the chain moves on to another one; the last piece is always
// a run of bytes, never a reference, and grows at cursor_; a reference is never empty.
//
// It may have a limit on what it holds. What would pass it is dropped from then on: writing goes on
// as ever but into one chunk again and again, so that whoever writes needs to check nothing. Then
// the buffer is cut off, and its content is of no use to anyone.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "reactor/base/check.h"
#include "reactor/base/shared_bytes.h"

namespace rondo {

class OutBuffer {
 public:
  // A value of at least this many bytes is referred to instead of copied.
  static constexpr size_t kShareBytesMin = 8 * 1024;
  static constexpr size_t kChunkBytes = 16 * 1024;
  // The first chunk of an empty buffer, its records included: enough for a reply or a short
  // pipeline, small enough that every idle connection may keep one.
  static constexpr size_t kSmallChunkBytes = 1024;
  // The same for one that often holds more: a pipeline of some tens of short replies.
  static constexpr size_t kBusyChunkBytes = 4096;

  OutBuffer() = default;
  // With a first chunk of this size, which it keeps when it is empty: for one that is filled again
  // and again. The size is a property of this object, which does not move with the content.
  explicit OutBuffer(size_t first_chunk_bytes) : first_chunk_bytes_(first_chunk_bytes) {}
  OutBuffer(OutBuffer&& other) noexcept { take(other); }
  OutBuffer& operator=(OutBuffer&& other) noexcept {
    if (this != &other) {
      release_all();
      take(other);
    }
    return *this;
  }
  ~OutBuffer() { release_all(); }

  // Room for at least `n` contiguous bytes, n <= kChunkBytes; commit() says how many were written.
  char* reserve(size_t n) {
    if (static_cast<size_t>(end_ - cursor_) < n) [[unlikely]]
      grow(n);
    return cursor_;
  }
  void commit(size_t n) {
    DCHECK(n <= static_cast<size_t>(end_ - cursor_));
    cursor_ += n;
    size_ += n;
  }

  // Copies `bytes` of any length.
  void append(std::string_view bytes) {
    if (bytes.size() > static_cast<size_t>(end_ - cursor_)) [[unlikely]] {
      append_slowly(bytes);
      return;
    }
    if (bytes.empty()) return;
    std::memcpy(cursor_, bytes.data(), bytes.size());
    commit(bytes.size());
  }
  // Refers to bytes [from, from + length) of `bytes`; copies them when they are few.
  void append_shared(SharedBytes bytes, size_t from, size_t length);
  // Appends bytes [from, to) of `other`, not this one: shared pieces by reference, the rest copied.
  void append_range(const OutBuffer& other, size_t from, size_t to) {
    CHECK(this != &other && from <= to && to <= other.size_);
    // Nearly always there is one run of bytes, which ends at the cursor.
    if (other.first_ == other.last_) [[likely]] {
      append({other.cursor_ - other.size_ + from, to - from});
    } else {
      append_pieces(other, from, to);
    }
  }
  // Moves all of `other`, not this one, to the end; `other` is empty afterwards.
  void splice(OutBuffer&& other);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Heap bytes held, shared pieces counted whole; for client-output-buffer-limit.
  size_t footprint() const { return held_bytes_; }

  // Holds no more than `bytes` and a chunk: see above. A property of this object, which does not
  // move with the content.
  void set_limit(size_t bytes) { held_max_ = bytes; }
  size_t limit() const { return held_max_; }
  // How much more it may hold.
  size_t room() const { return held_max_ > held_bytes_ ? held_max_ - held_bytes_ : 0; }
  // Something was dropped. Size and content are consistent but mean nothing; clear() and truncate()
  // to a size from before end this state, and splice() passes it on.
  bool is_cut() const { return cut_; }
  void cut_off();

  // Writes up to `max` pieces from the front; returns how many. They stay valid until the next
  // consume(), clear(), splice(), truncate() or destruction; appending does not move them.
  size_t pieces(iovec* out, size_t max) const;
  // Drops `n` bytes from the front, n <= size().
  void consume(size_t n);
  void clear() {
    consume(size_);
    cut_ = false;
  }
  // Drops bytes from the end so that size() becomes `n`, n <= size().
  void truncate(size_t n);
  // Gives the chunk that an empty buffer keeps back to the heap. REQUIRES: empty().
  void trim();
  // So many bytes left it together, and as many may come again: they are cheaper to send from one
  // chunk than from two. Makes the first chunk larger now, or smaller after many calls with few
  // bytes. REQUIRES: empty().
  void fit_first_chunk(size_t bytes);
  // All bytes in one string; for tests and short replies.
  std::string to_string() const;

  // Checks every invariant above; for tests.
  void verify() const;

 private:
  struct Piece;
  struct Chunk;

  void grow(size_t n);
  void append_slowly(std::string_view bytes);
  void append_pieces(const OutBuffer& other, size_t from, size_t to);
  void make_room(size_t payload);
  void add_chunk(size_t payload);
  void free_chunk(Chunk* chunk);
  void end_last_piece();
  void drop_pieces(Piece* from, const Chunk* spare);
  void reset_to(Chunk* chunk);
  void release_all();
  size_t piece_size(const Piece* piece) const;

  // REQUIRES: this one owns nothing.
  void take(OutBuffer& other) {
    cursor_ = std::exchange(other.cursor_, nullptr);
    end_ = std::exchange(other.end_, nullptr);
    size_ = std::exchange(other.size_, 0);
    held_bytes_ = std::exchange(other.held_bytes_, 0);
    cut_ = std::exchange(other.cut_, false);
    first_ = std::exchange(other.first_, nullptr);
    last_ = std::exchange(other.last_, nullptr);
  }

  char* cursor_ = nullptr;  // Next free byte of the last chunk.
  char* end_ = nullptr;     // End of the last chunk.
  size_t size_ = 0;
  size_t held_bytes_ = 0;
  size_t held_max_ = SIZE_MAX;
  size_t first_chunk_bytes_ = kSmallChunkBytes;
  uint32_t small_rounds_ = 0;  // Calls of fit_first_chunk() with few bytes, in a row.
  bool cut_ = false;  // The last run of bytes is then in a chunk of its own, and overwrites itself.
  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
};

}  // namespace rondo
