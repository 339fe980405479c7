#include "server/pubsub.h"

#include <utility>

#include "protocol/glob.h"
#include "server/channel_filter.h"
#include "server/core.h"
#include "server/message_kind.h"

namespace rondo {

namespace {

// Batches under way to one core: bounds memory, and the time a message waits there.
constexpr size_t kBatchesMax = 64;
constexpr size_t kPooledBatches = 16;

// `pattern` is null for a message of a channel that was subscribed to by its name.
void write_message(Reply& reply, TopicKind kind, const Topic* pattern, std::string_view channel,
                   const Payload& payload) {
  reply.push(pattern ? 4 : 3);
  if (pattern) {
    reply.bulk("pmessage");
    reply.bulk(pattern->name);
  } else {
    reply.bulk(kind == TopicKind::kShardChannel ? "smessage" : "message");
  }
  reply.bulk(channel);
  payload.write(reply);
}

}  // namespace

size_t filter_row(TopicKind kind, std::string_view channel) {
  if (kind == TopicKind::kPattern) return ChannelFilter::kPatterns;
  const uint64_t hash = hash_key(channel);
  return ChannelFilter::bucket(kind == TopicKind::kChannel ? hash : ~hash);
}

PubSub::PubSub(Core& core)
    : core_(core),
      topics_{Topics(TopicKind::kChannel), Topics(TopicKind::kPattern),
              Topics(TopicKind::kShardChannel)},
      rows_(ChannelFilter::kBuckets + 1),
      lanes_(static_cast<size_t>(core.cores())) {}

PubSub::~PubSub() = default;

// --- Subscribing -------------------------------------------------------------------------------

bool PubSub::subscribe(Session& session, TopicKind kind, std::string_view name) {
  if (!session.subscriber) session.subscriber = std::make_unique<Subscriber>();
  Topics& topics = this->topics(kind);
  const size_t before = topics.size();
  if (!topics.add(session, *session.subscriber, name)) return false;
  if (topics.size() != before) note_row(filter_row(kind, name), 1);
  return true;
}

bool PubSub::unsubscribe(Session& session, TopicKind kind, std::string_view name) {
  if (!session.subscriber) return false;
  Topics& topics = this->topics(kind);
  const size_t before = topics.size();
  // The name may be the topic's own, which goes with the topic.
  const size_t row = filter_row(kind, name);
  if (!topics.remove(*session.subscriber, name)) return false;
  if (topics.size() != before) note_row(row, -1);
  return true;
}

void PubSub::unsubscribe_all(Session& session) {
  if (!session.subscriber) return;
  for (const TopicKind kind :
       {TopicKind::kChannel, TopicKind::kPattern, TopicKind::kShardChannel}) {
    for (const std::string_view name : session.subscriber->names(kind))
      CHECK(unsubscribe(session, kind, name));
  }
  session.subscriber.reset();
}

void PubSub::note_row(size_t row, int change) {
  uint32_t& count = rows_[row];
  const uint32_t before = count;
  count += static_cast<uint32_t>(change);
  ChannelFilter& filter = core_.server().channel_filter;
  if (before == 0) filter.set(row, core_.index());
  if (count == 0) filter.clear(row, core_.index());
}

// --- Publishing --------------------------------------------------------------------------------

bool PubSub::has_listeners(TopicKind kind, std::string_view channel) const {
  bool any = false;
  const bool patterns = kind == TopicKind::kChannel;
  core_.server().channel_filter.for_each(filter_row(kind, channel), patterns,
                                         [&](int) { any = true; });
  return any;
}

bool PubSub::publish(TopicKind kind, std::string_view channel, const Payload& payload,
                     Session* asks, int64_t& receivers) {
  receivers = 0;
  PendingPublish* pending = nullptr;
  const bool patterns = kind == TopicKind::kChannel;
  core_.server().channel_filter.for_each(filter_row(kind, channel), patterns, [&](int core) {
    if (core == core_.index()) {
      receivers = deliver(kind, channel, payload);
      return;
    }
    if (asks && !pending) pending = new PendingPublish();
    if (pending) ++pending->outstanding;
    Lane& lane = lanes_[static_cast<size_t>(core)];
    if (!lane.open) open(core);
    lane.open->add(kind, channel, payload, pending);
    if (lane.open->full()) seal(core);
  });
  if (!pending) return false;
  pending->session = asks;
  pending->receivers = receivers;
  pending->blocked = asks->in_exec();
  pending->sequence = asks->open_publish_reply();
  if (pending->blocked) asks->block();
  return true;
}

void PubSub::open(int to) {
  Lane& lane = lanes_[static_cast<size_t>(to)];
  if (pool_.empty()) {
    lane.open = std::make_unique<PublicationBatch>();
  } else {
    lane.open = std::move(pool_.back());
    pool_.pop_back();
  }
  open_lanes_.push_back(to);
}

void PubSub::seal(int to) {
  Lane& lane = lanes_[static_cast<size_t>(to)];
  if (++lane.under_way == kBatchesMax) ++congested_;
  core_.post(to, make_message(MessageKind::kPublications, lane.open.release()));
}

void PubSub::flush() {
  for (const int to : open_lanes_) {
    // One that was full has left already, and may have been followed by another.
    if (lanes_[static_cast<size_t>(to)].open) seal(to);
  }
  open_lanes_.clear();
}

// --- Delivering --------------------------------------------------------------------------------

int64_t PubSub::deliver(TopicKind kind, std::string_view channel, const Payload& payload) {
  int64_t receivers = 0;
  if (Topic* topic = topics(kind).find(channel)) {
    receivers += deliver_to(*topic, kind, nullptr, channel, payload);
  }
  if (kind != TopicKind::kChannel) return receivers;
  topics(TopicKind::kPattern).for_each([&](Topic& pattern) {
    if (!glob_match(pattern.name, channel)) return;
    receivers += deliver_to(pattern, kind, &pattern, channel, payload);
  });
  return receivers;
}

int64_t PubSub::deliver_to(Topic& topic, TopicKind kind, const Topic* pattern,
                           std::string_view channel, const Payload& payload) {
  // For many it is formatted once; for one it goes straight to where it is sent from.
  const bool many = topic.subscribers > 1;
  topic.subscriptions.for_each([&](Subscription& subscription) {
    Session& session = *subscription.session;
    if (!many) {
      session.push_reply(
          [&](Reply& reply) { write_message(reply, kind, pattern, channel, payload); });
      return;
    }
    OutBuffer& text = formatted_[session.resp == Resp::k2 ? 0 : 1];
    if (text.empty()) {
      Reply reply(text, session.resp);
      write_message(reply, kind, pattern, channel, payload);
    }
    session.push(text);
  });
  formatted_[0].clear();
  formatted_[1].clear();
  return static_cast<int64_t>(topic.subscribers);
}

void PubSub::receive(int from, PublicationBatch& batch) {
  batch.deliver([this](TopicKind kind, std::string_view channel, const Payload& payload) {
    return deliver(kind, channel, payload);
  });
  core_.post(from, make_message(MessageKind::kPublicationsDone, &batch));
}

void PubSub::returned(int from, PublicationBatch* returned) {
  std::unique_ptr<PublicationBatch> batch(returned);
  if (lanes_[static_cast<size_t>(from)].under_way-- == kBatchesMax) --congested_;
  batch->for_each_pending([](PendingPublish& pending, int64_t receivers) {
    pending.receivers += receivers;
    if (--pending.outstanding > 0) return;
    const std::unique_ptr<PendingPublish> done(&pending);
    OutBuffer out;
    Reply reply(out, done->session->resp);
    reply.integer(done->receivers);
    done->session->answer(done->sequence, std::move(out));
    if (done->blocked) done->session->unblock();
  });
  batch->reset();
  if (pool_.size() < kPooledBatches) pool_.push_back(std::move(batch));
}

void PubSub::verify() {
  size_t count = 0;
  for (Topics& topics : topics_) {
    topics.verify();
    count += topics.size();
  }
  for (const uint32_t row : rows_)
    count -= row;
  CHECK(count == 0);
}

}  // namespace rondo
