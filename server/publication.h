// Publications: messages for channels, as they travel from one core to another, there and back.
// They are gathered for one tick, as requests are in a Parcel: written one behind the other by the
// publishing core, delivered in order by the other one, which writes how many clients each of them
// reached and sends the batch back. Between sending and return only the receiver touches it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply.h"
#include "reactor/base/shared_bytes.h"
#include "server/topics.h"

namespace rondo {

// What is published: bytes, and the block that they are when they are many, so that no client and
// no core needs a copy.
class Payload {
 public:
  Payload() = default;
  // Few bytes stay a view; many are copied into a block, once for all who get them.
  explicit Payload(std::string_view bytes);
  explicit Payload(SharedBytes block) : bytes_(block.view()), block_(std::move(block)) {}

  std::string_view bytes() const { return bytes_; }
  const SharedBytes& block() const { return block_; }
  void write(Reply& reply) const {
    if (block_)
      reply.bulk(block_);
    else
      reply.bulk(bytes_);
  }

 private:
  std::string_view bytes_;
  SharedBytes block_;
};

// A PUBLISH whose receivers are counted on several cores.
struct PendingPublish {
  Session* session = nullptr;  // It stays while its reply is on the way.
  uint64_t sequence = 0;       // The reply's place in line.
  int64_t receivers = 0;
  int outstanding = 0;   // Cores that have not counted yet.
  bool blocked = false;  // The session waits for it: the command runs in an EXEC.
};

class PublicationBatch {
 public:
  // It is sent when it holds this much, or at the end of the tick.
  static constexpr size_t kBytesMax = 64 * 1024;
  static constexpr size_t kCountMax = 512;

  bool empty() const { return records_.empty(); }
  size_t count() const { return records_.size(); }
  bool full() const { return held_bytes_ >= kBytesMax || records_.size() >= kCountMax; }

  // `pending` is null when nobody asks how many were reached.
  void add(TopicKind kind, std::string_view channel, const Payload& payload,
           PendingPublish* pending);

  // visit(kind, channel, payload) -> receivers, in order.
  template <class Visit>
  void deliver(Visit&& visit) {
    size_t at = 0;
    for (Record& record : records_) {
      const std::string_view channel(bytes_.data() + at, record.channel_bytes);
      at += record.channel_bytes;
      const Payload payload =
          record.block ? Payload(record.block)
                       : Payload(std::string_view(bytes_.data() + at, record.payload_bytes));
      at += record.payload_bytes;
      record.receivers = visit(record.kind, channel, payload);
    }
  }
  // visit(PendingPublish&, receivers) for those that somebody asks for.
  template <class Visit>
  void for_each_pending(Visit&& visit) {
    for (Record& record : records_) {
      if (record.pending) visit(*record.pending, record.receivers);
    }
  }
  void reset();

 private:
  struct Record {
    PendingPublish* pending;
    SharedBytes block;
    int64_t receivers;
    size_t channel_bytes;
    size_t payload_bytes;  // In bytes_; 0 with a block.
    TopicKind kind;
  };

  std::vector<Record> records_;
  std::string bytes_;  // Channels and payloads, one behind the other.
  size_t held_bytes_ = 0;
};

}  // namespace rondo
