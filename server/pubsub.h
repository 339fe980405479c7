// PubSub: publishing and subscribing on one core: the topics that its sessions listen to, and the
// messages that go to other cores and come from them. Touched only by the core's thread.
//
// A message is delivered at once to the sessions of this core, and in one batch a tick to each
// other core that may have listeners (server/channel_filter.h); with none it costs no message.
// Batches to one core arrive in the order of sending, so messages of one publisher to one channel
// do too, and whoever has seen the confirmation of a subscription gets every message published
// after that.
//
// Limits: a listener that does not read is closed by client-output-buffer-limit pubsub. Batches
// under way to one core are bounded: beyond that publishing commands of this core wait.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/out_buffer.h"
#include "server/publication.h"
#include "server/topics.h"

namespace rondo {

class Core;
class Session;

class PubSub {
 public:
  explicit PubSub(Core& core);
  PubSub(const PubSub&) = delete;
  PubSub& operator=(const PubSub&) = delete;
  ~PubSub();

  // False: nothing changed. True to others when it returns.
  bool subscribe(Session& session, TopicKind kind, std::string_view name);
  bool unsubscribe(Session& session, TopicKind kind, std::string_view name);
  void unsubscribe_all(Session& session);

  // Publishes a message of this core. `asks`: the session to be told how many were reached, by
  // Session::answer() of an opened reply; then true is returned if that comes later. Otherwise
  // `receivers` is the number.
  bool publish(TopicKind kind, std::string_view channel, const Payload& payload, Session* asks,
               int64_t& receivers);
  // True: as much is under way to some core as may be; publishing commands wait.
  bool congested() const { return congested_ > 0; }
  // True: some core may have a listener for the channel.
  bool has_listeners(TopicKind kind, std::string_view channel) const;

  Topics& topics(TopicKind kind) { return topics_[static_cast<size_t>(kind)]; }

  // For the core: the end of a tick, a batch of another core, and one of ours that returned.
  void flush();
  void receive(int from, PublicationBatch& batch);
  void returned(int from, PublicationBatch* batch);

  void verify();

 private:
  // What goes to one other core.
  struct Lane {
    std::unique_ptr<PublicationBatch> open;
    size_t under_way = 0;
  };

  // To the sessions of this core; returns how many.
  int64_t deliver(TopicKind kind, std::string_view channel, const Payload& payload);
  // `pattern` is the topic itself when it is one, or null.
  int64_t deliver_to(Topic& topic, TopicKind kind, const Topic* pattern, std::string_view channel,
                     const Payload& payload);
  void open(int to);
  void seal(int to);
  void note_row(size_t row, int change);  // A topic of this row of the filter came or went.

  Core& core_;
  Topics topics_[kTopicKinds];
  std::vector<uint32_t> rows_;   // Topics of this core in each row of the filter.
  std::vector<Lane> lanes_;      // By destination.
  std::vector<int> open_lanes_;  // Opened since the last flush.
  size_t congested_ = 0;         // Lanes with as many batches under way as may be.
  std::vector<std::unique_ptr<PublicationBatch>> pool_;
  OutBuffer formatted_[2];  // A message in RESP2 and RESP3; empty between uses.
};

// Which row of the filter a channel of this kind is in. Channels and shard channels of one name are
// in different ones.
size_t filter_row(TopicKind kind, std::string_view channel);

}  // namespace rondo
