#include "server/publication.h"

#include "protocol/out_buffer.h"

namespace rondo {

namespace {

// A batch that once held more gives its memory back.
constexpr size_t kKeptBytesMax = 2 * PublicationBatch::kBytesMax;

}  // namespace

Payload::Payload(std::string_view bytes) : bytes_(bytes) {
  if (bytes.size() < OutBuffer::kShareBytesMin) return;
  block_ = SharedBytes::copy_of(bytes);
  bytes_ = block_.view();
}

void PublicationBatch::add(TopicKind kind, std::string_view channel, const Payload& payload,
                           PendingPublish* pending) {
  const bool copied = !payload.block();
  const size_t payload_bytes = copied ? payload.bytes().size() : 0;
  records_.push_back({pending, payload.block(), 0, channel.size(), payload_bytes, kind});
  bytes_.append(channel);
  if (copied) bytes_.append(payload.bytes());
  held_bytes_ += channel.size() + payload.bytes().size();
}

void PublicationBatch::reset() {
  records_.clear();
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytesMax) bytes_.shrink_to_fit();
  held_bytes_ = 0;
}

}  // namespace rondo
