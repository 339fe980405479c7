#include "protocol/out_buffer.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace rondo {

// One run of bytes in a chunk, or one reference. Lives inside a chunk.
struct OutBuffer::Piece {
  Piece* next = nullptr;
  Chunk* chunk = nullptr;      // Where this record lives.
  const char* data = nullptr;  // The first byte not consumed.
  size_t size = 0;             // Stale in the last piece, which ends at cursor_.
  SharedBytes shared;          // What `data` points into; none for bytes of the chunk.
};

struct OutBuffer::Chunk {
  size_t bytes;  // The whole allocation.
  Piece piece;   // The first piece; its bytes follow.

  char* payload() { return reinterpret_cast<char*>(this + 1); }
  char* end() { return reinterpret_cast<char*>(this) + bytes; }
};

size_t OutBuffer::piece_size(const Piece* piece) const {
  return piece == last_ ? static_cast<size_t>(cursor_ - piece->data) : piece->size;
}

void OutBuffer::end_last_piece() {
  last_->size = static_cast<size_t>(cursor_ - last_->data);
}

// Begins the chunk into which everything goes that is dropped.
void OutBuffer::cut_off() {
  if (cut_) return;
  cut_ = true;
  add_chunk(kChunkBytes - sizeof(Chunk));
}

// Makes the last piece one that has room for at least `payload` bytes.
void OutBuffer::make_room(size_t payload) {
  if (held_bytes_ + kChunkBytes > held_max_ && last_ != nullptr) [[unlikely]] {
    cut_off();
    if (payload <= static_cast<size_t>(end_ - last_->data)) {
      size_ -= static_cast<size_t>(cursor_ - last_->data);
      cursor_ = const_cast<char*>(last_->data);
      return;
    }
  }
  add_chunk(payload);
}

// Adds a chunk with room for at least `payload` bytes at the end of the chain.
void OutBuffer::add_chunk(size_t payload) {
  const size_t usual = last_ == nullptr ? first_chunk_bytes_ : kChunkBytes;
  const size_t bytes = std::max(usual, sizeof(Chunk) + payload);
  void* memory = std::malloc(bytes);
  CHECK(memory != nullptr);
  Chunk* chunk = new (memory) Chunk{bytes, {}};
  held_bytes_ += bytes;
  if (last_ == nullptr) {
    first_ = &chunk->piece;
  } else {
    end_last_piece();
    last_->next = &chunk->piece;
  }
  reset_to(chunk);
}

// Makes the first piece of `chunk`, emptied, the last of the chain.
void OutBuffer::reset_to(Chunk* chunk) {
  last_ = &chunk->piece;
  last_->chunk = chunk;
  last_->next = nullptr;
  cursor_ = chunk->payload();
  end_ = chunk->end();
  last_->data = cursor_;
}

void OutBuffer::free_chunk(Chunk* chunk) {
  held_bytes_ -= chunk->bytes;
  std::free(chunk);
}

void OutBuffer::grow(size_t n) {
  CHECK(n <= kChunkBytes);
  make_room(n);
}

void OutBuffer::append_slowly(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t room = static_cast<size_t>(end_ - cursor_);
    if (room == 0) {
      make_room(std::min(bytes.size(), kChunkBytes - sizeof(Chunk)));
      room = static_cast<size_t>(end_ - cursor_);
    }
    const size_t n = std::min(room, bytes.size());
    std::memcpy(cursor_, bytes.data(), n);
    commit(n);
    bytes.remove_prefix(n);
  }
}

void OutBuffer::append_shared(SharedBytes bytes, size_t from, size_t length) {
  CHECK(from <= bytes.size() && length <= bytes.size() - from);
  if (length < kShareBytesMin) {
    append(bytes.view().substr(from, length));
    return;
  }
  if (cut_ || bytes.footprint() > room()) [[unlikely]] {
    cut_off();
    return;
  }
  // Both records go behind the bytes written so far, in the same chunk.
  constexpr size_t kRecords = 2 * sizeof(Piece) + alignof(Piece);
  reserve(kRecords);
  end_last_piece();
  Chunk* chunk = last_->chunk;
  const auto unaligned = reinterpret_cast<uintptr_t>(cursor_);
  char* place = cursor_ + (-unaligned & (alignof(Piece) - 1));
  const char* data = bytes.data() + from;
  held_bytes_ += bytes.footprint();

  Piece* run = new (place + sizeof(Piece)) Piece;
  run->chunk = chunk;
  run->data = cursor_ = place + 2 * sizeof(Piece);
  Piece* reference = new (place) Piece{run, chunk, data, length, std::move(bytes)};
  last_->next = reference;
  last_ = run;
  size_ += length;
}

void OutBuffer::append_pieces(const OutBuffer& other, size_t from, size_t to) {
  for (const Piece* piece = other.first_; from < to; piece = piece->next) {
    const size_t size = other.piece_size(piece);
    if (from < size) {
      const size_t length = std::min(to, size) - from;
      if (piece->shared) [[unlikely]] {
        const auto start = static_cast<size_t>(piece->data - piece->shared.data());
        append_shared(piece->shared, start + from, length);
      } else {
        append({piece->data + from, length});
      }
      if (to <= size) return;
      from = size;
    }
    to -= size;
    from -= size;
  }
}

void OutBuffer::splice(OutBuffer&& other) {
  CHECK(this != &other);
  if (cut_ || other.cut_ || other.held_bytes_ > room()) [[unlikely]] {
    cut_off();
    other.clear();
    return;
  }
  if (other.empty()) return;
  // Few bytes are cheaper to copy than a chunk is to hold.
  const bool only_bytes = other.first_ == other.last_;
  if (only_bytes && other.size_ <= kSmallChunkBytes) {
    append({other.first_->data, other.size_});
    other.clear();
    return;
  }
  if (empty()) {
    release_all();
    take(other);
    return;
  }
  end_last_piece();
  last_->next = std::exchange(other.first_, nullptr);
  last_ = std::exchange(other.last_, nullptr);
  cursor_ = std::exchange(other.cursor_, nullptr);
  end_ = std::exchange(other.end_, nullptr);
  size_ += std::exchange(other.size_, 0);
  held_bytes_ += std::exchange(other.held_bytes_, 0);
}

size_t OutBuffer::pieces(iovec* out, size_t max) const {
  size_t count = 0;
  for (const Piece* piece = first_; piece != nullptr && count < max; piece = piece->next) {
    const size_t size = piece_size(piece);
    if (size == 0) continue;
    out[count].iov_base = const_cast<char*>(piece->data);
    out[count].iov_len = size;
    ++count;
  }
  return count;
}

// Frees the pieces from `from` on, and every chunk that holds only such pieces: all but `spare`.
void OutBuffer::drop_pieces(Piece* from, const Chunk* spare) {
  while (from != nullptr) {
    Piece* next = from->next;
    Chunk* chunk = from->chunk;
    if (from->shared) {
      held_bytes_ -= from->shared.footprint();
      from->shared = SharedBytes();
    }
    const bool last_of_chunk = next == nullptr || next->chunk != chunk;
    if (last_of_chunk && chunk != spare) free_chunk(chunk);
    from = next;
  }
}

void OutBuffer::consume(size_t n) {
  CHECK(n <= size_);
  if (n == size_) {
    if (first_ == nullptr) return;
    // Keep the first chunk when it is one of the usual size, so that a busy connection does not
    // allocate one for each reply.
    Chunk* kept = first_->chunk->bytes <= first_chunk_bytes_ ? first_->chunk : nullptr;
    drop_pieces(first_, kept);
    first_ = last_ = nullptr;
    cursor_ = end_ = nullptr;
    size_ = 0;
    if (kept == nullptr) return;
    reset_to(kept);
    first_ = last_;
    return;
  }
  size_ -= n;
  for (;;) {
    const size_t size = piece_size(first_);
    if (n < size) {
      first_->data += n;
      if (first_ != last_) first_->size -= n;
      return;
    }
    // Some bytes stay, so this is not the last piece.
    n -= size;
    Piece* next = first_->next;
    first_->next = nullptr;
    drop_pieces(first_, next->chunk);
    first_ = next;
  }
}

void OutBuffer::truncate(size_t n) {
  CHECK(n <= size_);
  if (n == size_ && !cut_) return;
  cut_ = false;
  if (n == 0) {
    clear();
    return;
  }
  size_t left = n;
  Piece* piece = first_;
  for (size_t size; left > (size = piece_size(piece)); piece = piece->next)
    left -= size;
  if (piece->shared) {
    // The run of bytes behind a reference exists always, in the same chunk.
    piece->size = left;
    piece = piece->next;
    left = 0;
  }
  drop_pieces(std::exchange(piece->next, nullptr), piece->chunk);
  last_ = piece;
  cursor_ = const_cast<char*>(piece->data) + left;
  end_ = piece->chunk->end();
  size_ = n;
}

void OutBuffer::trim() {
  CHECK(empty());
  release_all();
}

void OutBuffer::fit_first_chunk(size_t bytes) {
  constexpr size_t kFew = kSmallChunkBytes / 2;
  constexpr uint32_t kSmallRounds = 64;
  if (first_chunk_bytes_ > kSmallChunkBytes) {
    small_rounds_ = bytes <= kFew ? small_rounds_ + 1 : 0;
    if (small_rounds_ < kSmallRounds) return;
    small_rounds_ = 0;
    first_chunk_bytes_ = kSmallChunkBytes;
    trim();
  } else if (bytes + sizeof(Chunk) > kSmallChunkBytes && bytes + sizeof(Chunk) <= kBusyChunkBytes) {
    first_chunk_bytes_ = kBusyChunkBytes;
    trim();
  }
}

void OutBuffer::release_all() {
  drop_pieces(first_, nullptr);
  first_ = last_ = nullptr;
  cursor_ = end_ = nullptr;
  size_ = 0;
}

std::string OutBuffer::to_string() const {
  std::string all;
  all.reserve(size_);
  for (const Piece* piece = first_; piece != nullptr; piece = piece->next) {
    all.append(piece->data, piece_size(piece));
  }
  return all;
}

void OutBuffer::verify() const {
  CHECK((first_ == nullptr) == (last_ == nullptr));
  CHECK(cursor_ <= end_);
  size_t bytes = 0;
  size_t held = 0;
  const Chunk* chunk = nullptr;
  for (const Piece* piece = first_; piece != nullptr; piece = piece->next) {
    const size_t size = piece_size(piece);
    bytes += size;
    if (piece->chunk != chunk) held += piece->chunk->bytes;
    chunk = piece->chunk;
    if (piece->shared) {
      held += piece->shared.footprint();
      CHECK(size > 0);
      CHECK(piece->data >= piece->shared.data());
      CHECK(piece->data + size <= piece->shared.data() + piece->shared.size());
      CHECK(piece->next != nullptr);
      CHECK(piece->next->chunk == chunk);
      CHECK(!piece->next->shared);
    } else {
      CHECK(piece->data >= piece->chunk->payload());
      CHECK(piece->data + size <= piece->chunk->end());
    }
    CHECK((piece->next == nullptr) == (piece == last_));
  }
  CHECK(last_ == nullptr || end_ == last_->chunk->end());
  CHECK(bytes == size_);
  CHECK(held == held_bytes_);
}

}  // namespace rondo
