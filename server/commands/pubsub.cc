#include "server/commands/pubsub.h"

#include <algorithm>
#include <string>

#include "server/core.h"
#include "server/pubsub.h"
#include "server/server_call.h"

namespace rondo {

namespace {

// Confirmations are messages to the client rather than replies: they come even when CLIENT REPLY
// has silenced those. `call.reply` is the place in line of what is not silenced.
template <class Write>
void confirm(ServerCall& call, Write&& write) {
  Session& session = call.session;
  if (session.reply_mode != ReplyMode::kOn && !session.in_exec()) {
    session.push_reply(write);
  } else {
    write(call.reply);
  }
}

// What a confirmation counts: channels and patterns together, shard channels alone.
int64_t counted(const Session& session, TopicKind kind) {
  if (!session.subscriber) return 0;
  const Subscriber& mine = *session.subscriber;
  const size_t count = kind == TopicKind::kShardChannel
                           ? mine.count(TopicKind::kShardChannel)
                           : mine.count(TopicKind::kChannel) + mine.count(TopicKind::kPattern);
  return static_cast<int64_t>(count);
}

// `name` is null when there was nothing to end.
void confirm_change(ServerCall& call, TopicKind kind, std::string_view verb,
                    const std::string_view* name) {
  confirm(call, [&](Reply& reply) {
    reply.push(3);
    reply.bulk(verb);
    if (name)
      reply.bulk(*name);
    else
      reply.null();
    reply.integer(counted(call.session, kind));
  });
}

Error subscribe_to(ServerCall& call, TopicKind kind) {
  for (size_t i = 1; i < call.size(); ++i) {
    call.core.pubsub().subscribe(call.session, kind, call[i]);
    const std::string_view name = call[i];
    confirm_change(call, kind, call.row.name, &name);
  }
  return {};
}

Error unsubscribe_from(ServerCall& call, TopicKind kind) {
  Session& session = call.session;
  std::vector<std::string> names;
  if (call.size() > 1) {
    names.assign(call.args.begin() + 1, call.args.end());
  } else if (session.subscriber) {
    const std::vector<std::string_view> all = session.subscriber->names(kind);
    names.assign(all.begin(), all.end());
  }
  for (const std::string& name : names) {
    call.core.pubsub().unsubscribe(session, kind, name);
    const std::string_view view = name;
    confirm_change(call, kind, call.row.name, &view);
  }
  if (names.empty()) confirm_change(call, kind, call.row.name, nullptr);
  return {};
}

Error subscribe(ServerCall& call) {
  return subscribe_to(call, TopicKind::kChannel);
}
Error psubscribe(ServerCall& call) {
  return subscribe_to(call, TopicKind::kPattern);
}
// Unlike the other two it is refused in a transaction.
Error ssubscribe(ServerCall& call) {
  if (call.session.in_exec()) return "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client";
  return subscribe_to(call, TopicKind::kShardChannel);
}
Error unsubscribe(ServerCall& call) {
  return unsubscribe_from(call, TopicKind::kChannel);
}
Error punsubscribe(ServerCall& call) {
  return unsubscribe_from(call, TopicKind::kPattern);
}
Error sunsubscribe(ServerCall& call) {
  return unsubscribe_from(call, TopicKind::kShardChannel);
}

Error publish_to(ServerCall& call, TopicKind kind) {
  int64_t receivers = 0;
  const Payload payload(call[2]);
  if (!call.core.pubsub().publish(kind, call[1], payload, &call.session, receivers)) {
    call.reply.integer(receivers);
  }
  return {};
}

Error publish(ServerCall& call) {
  return publish_to(call, TopicKind::kChannel);
}
Error spublish(ServerCall& call) {
  return publish_to(call, TopicKind::kShardChannel);
}

constexpr uint32_t kPublishFlags = kPubsub | kLoading | kStale | kFast | kMayReplicate;
constexpr uint32_t kListenFlags = kPubsub | kNoscript | kLoading | kStale;

constexpr Command listen_row(std::string_view name, std::string_view syntax, int arity,
                             Error (*serve)(ServerCall&), std::string_view since,
                             std::string_view summary) {
  Command row;
  row.name = name;
  row.arity = arity;
  row.flags = kListenFlags;
  row.route = Route::kConnection;
  row.serve = serve;
  row.group = "pubsub";
  row.since = since;
  row.summary = summary;
  row.complexity = "O(N) in the names";
  row.syntax = syntax;
  return row;
}

// Shard channels stand where keys do, so that cluster clients find the right node.
constexpr Command with_channels(const Command& row, KeySpec channels) {
  Command result = row;
  result.keys = channels;
  result.key_use = {"not_key"};
  return result;
}

constexpr Command kRows[] = {
    listen_row("psubscribe", "pattern:pattern...", -2, psubscribe, "2.0.0",
               "Listens to channels that match patterns."),
    {.name = "publish",
     .arity = 3,
     .flags = kPublishFlags,
     .route = Route::kConnection,
     .serve = publish,
     .group = "pubsub",
     .since = "2.0.0",
     .summary = "Sends a message to those who listen to a channel.",
     .complexity = "O(N+M), N clients that listen, M patterns that anybody listens to",
     .syntax = "channel message"},
    listen_row("punsubscribe", "[pattern:pattern...]", -1, punsubscribe, "2.0.0",
               "Listens to patterns no longer."),
    {.name = "spublish",
     .arity = 3,
     .flags = kPublishFlags,
     .keys = {1, 1, 1},
     .key_use = {"not_key"},
     .route = Route::kConnection,
     .serve = spublish,
     .group = "pubsub",
     .since = "7.0.0",
     .summary = "Sends a message to those who listen to a shard channel.",
     .complexity = "O(N), N clients that listen",
     .syntax = "shardchannel message"},
    with_channels(listen_row("ssubscribe", "shardchannel...", -2, ssubscribe, "7.0.0",
                             "Listens to shard channels."),
                  {1, -1, 1}),
    listen_row("subscribe", "channel...", -2, subscribe, "2.0.0", "Listens to channels."),
    with_channels(listen_row("sunsubscribe", "[shardchannel...]", -1, sunsubscribe, "7.0.0",
                             "Listens to shard channels no longer."),
                  {1, -1, 1}),
    listen_row("unsubscribe", "[channel...]", -1, unsubscribe, "2.0.0",
               "Listens to channels no longer."),
};

}  // namespace

bool allowed_while_subscribed(const Command& row) {
  static constexpr std::string_view kNames[] = {
      "ping",       "subscribe",    "unsubscribe", "psubscribe", "punsubscribe",
      "ssubscribe", "sunsubscribe", "quit",        "reset",
  };
  return std::find(std::begin(kNames), std::end(kNames), row.name) != std::end(kNames);
}

std::span<const Command> pubsub_commands() {
  return kRows;
}

}  // namespace rondo
