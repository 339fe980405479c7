#include "server/parcel.h"

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

  const size_t start = bytes_.size();
  if (bytes_.capacity() < start + total) bytes_.reserve(2 * (start + total));
  bytes_.resize(start + total);
  char* record = bytes_.data() + start;
  RequestHeader header{};
  header.bytes = static_cast<uint32_t>(total);
  header.command = request.command;
  header.db = request.db;
  header.argc = static_cast<uint32_t>(argc);
  header.resp = static_cast<uint8_t>(request.resp);
  header.has_blocks = has_blocks;
  header.first_block = static_cast<uint16_t>(blocks_.size());
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

size_t Parcel::decode(size_t at, Request& request) {
  const char* record = bytes_.data() + at;
  const auto& header = *reinterpret_cast<const RequestHeader*>(record);
  request.command = header.command;
  request.db = header.db;
  request.resp = static_cast<Resp>(header.resp);
  request.hash = header.hash;
  request.token = header.token;
  request.address = header.address;

  const auto* lengths = reinterpret_cast<const uint32_t*>(record + sizeof(RequestHeader));
  const char* bytes = record + sizeof(RequestHeader) + round_up_8(header.argc * sizeof(uint32_t));
  args_.resize(header.argc);
  owners_.clear();
  if (header.has_blocks) owners_.resize(header.argc);
  size_t block = header.first_block;
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

void Parcel::reset() {
  // A parcel that once carried something large does not keep that memory.
  if (bytes_.capacity() > 4 * kBytesMax) {
    std::vector<char>().swap(bytes_);
  }
  bytes_.clear();
  count_ = 0;
  blocks_.clear();
  owners_.clear();
  replies_.clear();
  reply_ends_.clear();
}

}  // namespace rondo
