#include "server/parcel.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace rondo {

namespace {

constexpr uint32_t kBlockLength = UINT32_MAX;  // The argument is a block, not bytes.

// Arguments with no more bytes between one and the next than this are copied together.
constexpr size_t kGapBytesMax = 16;

size_t round_up_8(size_t n) {
  return (n + 7) & ~size_t{7};
}

}  // namespace

void Parcel::add(const Request& request) {
  const Args args = request.args;
  if (args.empty() || !request.owners.empty()) [[unlikely]] {
    add_apart(request);
    return;
  }
  // Differences of pointers that may have nothing to do with each other: numbers, which wrap.
  const auto begin = reinterpret_cast<uintptr_t>(args.front().data());
  const auto end = reinterpret_cast<uintptr_t>(args.back().data()) + args.back().size();
  if (end - begin > kBytesMax) [[unlikely]] {
    add_apart(request);
    return;
  }
  const size_t size = size_;
  char* out = start_record(request, end - begin, false);
  auto* place = reinterpret_cast<Place*>(out);
  uintptr_t at = begin;
  bool together = true;
  for (const std::string_view& arg : args) {
    const auto from = reinterpret_cast<uintptr_t>(arg.data());
    together &= from - at <= kGapBytesMax;
    *place++ = {static_cast<uint32_t>(from - begin), static_cast<uint32_t>(arg.size())};
    at = from + arg.size();
  }
  if (!together) [[unlikely]] {
    size_ = size;
    --count_;
    add_apart(request);
    return;
  }
  std::memcpy(place, args.front().data(), end - begin);
}

// One argument behind the other, without those that are blocks.
void Parcel::add_apart(const Request& request) {
  const Args args = request.args;
  const auto is_block = [&](size_t i) { return i < request.owners.size() && request.owners[i]; };
  size_t payload = 0;
  bool has_blocks = false;
  for (size_t i = 0; i < args.size(); ++i) {
    if (is_block(i)) {
      has_blocks = true;
    } else {
      payload += args[i].size();
    }
  }
  char* out = start_record(request, payload, has_blocks);
  auto* place = reinterpret_cast<Place*>(out);
  char* bytes = out + args.size() * sizeof(Place);
  uint32_t offset = 0;
  for (size_t i = 0; i < args.size(); ++i) {
    if (is_block(i)) {
      *place++ = {0, kBlockLength};
      blocks_.push_back(std::move(request.owners[i]));
      continue;
    }
    const auto length = static_cast<uint32_t>(args[i].size());
    *place++ = {offset, length};
    if (length != 0) std::memcpy(bytes + offset, args[i].data(), length);
    offset += length;
  }
}

// Makes a record with so many bytes of arguments; returns where the places stand.
inline char* Parcel::start_record(const Request& request, size_t payload, bool has_blocks) {
  const size_t argc = request.args.size();
  const size_t total = sizeof(RequestHeader) + argc * sizeof(Place) + round_up_8(payload);
  CHECK(total < UINT32_MAX);
  char* record = reserve(total);
  new (record) RequestHeader{
      .bytes = static_cast<uint32_t>(total),
      .command = request.command,
      .db = request.db,
      .argc = static_cast<uint32_t>(argc),
      .resp = static_cast<uint8_t>(request.resp),
      .has_blocks = has_blocks,
      .no_touch = request.no_touch,
      .client_class = request.client_class,
      .hash = request.hash,
      .token = request.token,
      .address = request.address,
  };
  ++count_;
  return record + sizeof(RequestHeader);
}

void Parcel::decode_blocks(std::span<const Place> places, size_t& block) {
  owners_.clear();
  owners_.resize(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].length != kBlockLength) continue;
    owners_[i] = std::move(blocks_[block++]);
    args_[i] = owners_[i].view();
  }
}

// Room for a record at the end, not initialised.
inline char* Parcel::reserve(size_t bytes) {
  if (capacity_ < size_ + bytes) [[unlikely]] {
    const size_t capacity = std::max(size_t{1024}, 2 * (size_ + bytes));
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }
  char* record = bytes_.get() + size_;
  size_ += bytes;
  return record;
}

void Parcel::swap(Parcel& other) {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(count_, other.count_);
  std::swap(blocks_, other.blocks_);
  std::swap(args_, other.args_);
  std::swap(owners_, other.owners_);
  std::swap(replies_, other.replies_);
  std::swap(reply_ends_, other.reply_ends_);
}

void Parcel::reset() {
  // A parcel that once carried something large does not keep that memory.
  if (capacity_ > 4 * kBytesMax) {
    bytes_.reset();
    capacity_ = 0;
  }
  size_ = 0;
  count_ = 0;
  blocks_.clear();
  owners_.clear();
  replies_.clear();
  reply_ends_.clear();
}

}  // namespace rondo
