// Parcel: the commands that one core sends to one shard in one tick, and their replies on the way
// back. Requests are written one behind the other by the requester, read in order by the owner
// (which sees only sequential memory), and the same object returns with the replies. Owned by the
// requester; between sending and the answer only the owner touches it.
//
//   record: | RequestHeader | places: argc x (offset u32, length u32) | bytes | pad to 8 |
//
// Arguments that stand close to each other, as in a receive buffer, are copied in one go with what
// is between them; others one by one. A big argument's bytes are not copied: its block travels in
// `blocks`, and its place says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/args.h"
#include "protocol/out_buffer.h"
#include "protocol/reply.h"
#include "reactor/base/shared_bytes.h"
#include "server/request.h"

namespace rondo {

struct RequestHeader {
  uint32_t bytes;  // Of the whole record, a multiple of 8.
  uint16_t command;
  uint16_t db;
  uint32_t argc;
  uint8_t resp;
  uint8_t has_blocks;  // Some argument is a block: the next ones of the parcel's, in order.
  uint8_t no_touch;    // CLIENT NO-TOUCH.
  ClientClass client_class;
  uint64_t hash;
  uint64_t token;
  ReplyAddress address;
};
static_assert(sizeof(RequestHeader) % 8 == 0);

class Parcel {
 public:
  Parcel() = default;
  Parcel(Parcel&& other) noexcept { swap(other); }
  Parcel& operator=(Parcel&& other) noexcept {
    Parcel taken(std::move(other));
    swap(taken);
    return *this;
  }

  // A parcel is sent when it holds this much, or at the end of the tick.
  static constexpr size_t kBytesMax = 64 * 1024;
  static constexpr size_t kRequestsMax = 512;

  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  bool full() const { return size_ >= kBytesMax || count_ >= kRequestsMax; }

  // Copies the request. Blocks of big arguments are moved out of request.owners.
  void add(const Request& request);

  // Walks the records in order, for the owner: visit(Request&). The arguments are views into the
  // parcel, valid until reset().
  template <class Visit>
  void for_each(Visit&& visit) {
    const char* at = bytes_.get();
    size_t block = 0;
    Request request;
    for (size_t i = 0; i < count_; ++i) {
      at = decode(at, block, request);
      visit(request);
    }
  }
  // Only the header of each record: cheap, for prefetching and for delivering replies.
  template <class Visit>
  void for_each_header(Visit&& visit) const {
    const char* at = bytes_.get();
    for (size_t i = 0; i < count_; ++i) {
      const auto* header = reinterpret_cast<const RequestHeader*>(at);
      visit(*header);
      at += header->bytes;
    }
  }

  // Replies, in the order of the records: one end mark each. A record whose reply comes later is
  // marked as such, and so is one that was too large for its client and is not there.
  OutBuffer& replies() { return replies_; }
  void end_reply() { reply_ends_.push_back(replies_.size()); }
  void end_reply_later() { reply_ends_.push_back(kLater); }
  void end_reply_cut() { reply_ends_.push_back(kCut); }
  static constexpr size_t kLater = SIZE_MAX;
  static constexpr size_t kCut = SIZE_MAX - 1;
  const std::vector<size_t>& reply_ends() const { return reply_ends_; }

  void reset();

 private:
  void swap(Parcel& other);
  // Where an argument is: so many bytes behind the first one's.
  struct Place {
    uint32_t offset;
    uint32_t length;
  };
  const char* decode(const char* record, size_t& block, Request& request);
  void decode_blocks(std::span<const Place> places, size_t& block);
  void add_apart(const Request& request);
  char* start_record(const Request& request, size_t payload, bool has_blocks);
  char* reserve(size_t bytes);

  // Not a vector, which would write zeroes to every byte before we do.
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t count_ = 0;
  std::vector<SharedBytes> blocks_;
  std::vector<std::string_view> args_;  // Scratch of decode().
  std::vector<SharedBytes> owners_;     // Scratch of decode().
  OutBuffer replies_{OutBuffer::kChunkBytes};
  std::vector<size_t> reply_ends_;
};

// Returns where the next record is.
inline const char* Parcel::decode(const char* record, size_t& block, Request& request) {
  const auto& header = *reinterpret_cast<const RequestHeader*>(record);
  request.command = header.command;
  request.db = header.db;
  request.resp = static_cast<Resp>(header.resp);
  request.no_touch = header.no_touch != 0;
  request.client_class = header.client_class;
  request.hash = header.hash;
  request.token = header.token;
  request.address = header.address;

  const size_t argc = header.argc;
  const auto* places = reinterpret_cast<const Place*>(record + sizeof(RequestHeader));
  const char* bytes = record + sizeof(RequestHeader) + argc * sizeof(Place);
  if (args_.size() < argc) [[unlikely]]
    args_.resize(argc);
  std::string_view* args = args_.data();
  for (size_t i = 0; i < argc; ++i)
    args[i] = {bytes + places[i].offset, places[i].length};
  request.args = {args, argc};
  request.owners = {};
  if (header.has_blocks) [[unlikely]] {
    decode_blocks({places, argc}, block);
    request.owners = owners_;
  }
  return record + header.bytes;
}

}  // namespace rondo
