#include "server/parcel.h"

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

constexpr uint32_t kBlockLength = UINT32_MAX;  // The argument is a block, not bytes.

size_t round_up_8(size_t n) {
  return (n + 7) & ~size_t{7};
}

}  // namespace

void Parcel::add(const Request& request) {
  const size_t argc = request.args.size();
  size_t payload = 0;
  bool has_blocks = false;
  for (size_t i = 0; i < argc; ++i) {
    if (i < request.owners.size() && request.owners[i]) {
      has_blocks = true;
    } else {
      payload += request.args[i].size();
    }
  }
  const size_t lengths_at = sizeof(RequestHeader);
  const size_t payload_at = lengths_at + round_up_8(argc * sizeof(uint32_t));
  const size_t total = payload_at + round_up_8(payload);
  CHECK(total < UINT32_MAX);

  char* record = grow(total);
  RequestHeader header{};
  header.bytes = static_cast<uint32_t>(total);
  header.command = request.command;
  header.db = request.db;
  header.argc = static_cast<uint32_t>(argc);
  header.resp = static_cast<uint8_t>(request.resp);
  header.no_touch = request.no_touch;
  header.client_class = request.client_class;
  header.has_blocks = has_blocks;
  header.hash = request.hash;
  header.token = request.token;
  header.address = request.address;
  std::memcpy(record, &header, sizeof(header));
  auto* lengths = reinterpret_cast<uint32_t*>(record + lengths_at);
  char* out = record + payload_at;
  for (size_t i = 0; i < argc; ++i) {
    if (has_blocks && i < request.owners.size() && request.owners[i]) {
      lengths[i] = kBlockLength;
      blocks_.push_back(std::move(request.owners[i]));
      continue;
    }
    lengths[i] = static_cast<uint32_t>(request.args[i].size());
    std::memcpy(out, request.args[i].data(), request.args[i].size());
    out += request.args[i].size();
  }
  ++count_;
}

size_t Parcel::decode(size_t at, size_t& block, Request& request) {
  const char* record = bytes_.get() + at;
  const auto& header = *reinterpret_cast<const RequestHeader*>(record);
  request.command = header.command;
  request.db = header.db;
  request.resp = static_cast<Resp>(header.resp);
  request.no_touch = header.no_touch != 0;
  request.client_class = header.client_class;
  request.hash = header.hash;
  request.token = header.token;
  request.address = header.address;

  const auto* lengths = reinterpret_cast<const uint32_t*>(record + sizeof(RequestHeader));
  const char* bytes = record + sizeof(RequestHeader) + round_up_8(header.argc * sizeof(uint32_t));
  args_.resize(header.argc);
  owners_.clear();
  if (header.has_blocks) owners_.resize(header.argc);
  for (uint32_t i = 0; i < header.argc; ++i) {
    if (lengths[i] == kBlockLength) {
      owners_[i] = std::move(blocks_[block++]);
      args_[i] = owners_[i].view();
    } else {
      args_[i] = {bytes, lengths[i]};
      bytes += lengths[i];
    }
  }
  request.args = args_;
  request.owners = owners_;
  return at + header.bytes;
}

// Room for a record at the end, not initialised.
char* Parcel::grow(size_t bytes) {
  if (capacity_ < size_ + bytes) {
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
