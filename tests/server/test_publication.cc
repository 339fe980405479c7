#include "server/publication.h"

#include <string>

#include "protocol/out_buffer.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string large() {
  return std::string(OutBuffer::kShareBytesMin, 'x');
}

TEST_CASE("publication: a large payload is one block, a small one a view") {
  const std::string few = "few";
  CHECK_FALSE(Payload(few).block());
  CHECK_EQ(Payload(few).bytes().data(), few.data());
  const std::string many = large();
  const Payload payload(many);
  CHECK(payload.block());
  CHECK_EQ(payload.bytes(), many);
  OutBuffer out;
  Reply reply(out, Resp::k2);
  payload.write(reply);
  CHECK_FALSE(payload.block().unique());
}

TEST_CASE("publication: a batch delivers in order and brings the counts back") {
  PublicationBatch batch;
  PendingPublish first;
  PendingPublish third;
  batch.add(TopicKind::kChannel, "a", Payload("1"), &first);
  batch.add(TopicKind::kShardChannel, "", Payload(large()), nullptr);
  batch.add(TopicKind::kChannel, "ccc", Payload(""), &third);
  CHECK_EQ(batch.count(), 3);
  CHECK_FALSE(batch.full());
  std::string seen;
  int64_t receivers = 0;
  batch.deliver([&](TopicKind kind, std::string_view channel, const Payload& payload) {
    seen += kind == TopicKind::kChannel ? "c" : "s";
    seen += std::string(channel) + "=" + std::to_string(payload.bytes().size()) + " ";
    return ++receivers;
  });
  CHECK_EQ(seen, "ca=1 s=" + std::to_string(large().size()) + " cccc=0 ");
  std::vector<std::pair<PendingPublish*, int64_t>> counted;
  batch.for_each_pending(
      [&](PendingPublish& pending, int64_t count) { counted.emplace_back(&pending, count); });
  CHECK(counted == std::vector<std::pair<PendingPublish*, int64_t>>{{&first, 1}, {&third, 3}});
  batch.reset();
  CHECK(batch.empty());
}

TEST_CASE("publication: a batch is full by number and by bytes") {
  PublicationBatch batch;
  for (size_t i = 0; i < PublicationBatch::kCountMax; ++i) {
    CHECK_FALSE(batch.full());
    batch.add(TopicKind::kChannel, "c", Payload("p"), nullptr);
  }
  CHECK(batch.full());
  batch.reset();
  size_t added = 0;
  for (; !batch.full(); ++added)
    batch.add(TopicKind::kChannel, "c", Payload(large()), nullptr);
  CHECK_EQ(added, PublicationBatch::kBytesMax / large().size());
}

}  // namespace
}  // namespace rondo
