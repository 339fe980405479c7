#include "server/commands/pubsub_info.h"

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/glob.h"
#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/pubsub.h"

namespace rondo {

namespace {

// Sorts, and drops what is there twice.
template <class T>
void make_unique(std::vector<T>& all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

class ListChannels : public Gather {
 public:
  ListChannels(Core& home, TopicKind kind, bool all, std::string_view pattern)
      : kind_(kind), all_(all), pattern_(pattern), found_(home) {}

  void run(Core& core) override {
    std::vector<std::string>& found = found_.of(core);
    core.pubsub().topics(kind_).for_each([&](const Topic& topic) {
      if (all_ || glob_match(pattern_, topic.name)) found.emplace_back(topic.name);
    });
  }

  Error reply(Core&, Session&, Reply& reply) override {
    std::vector<std::string> names;
    found_.for_each([&](std::vector<std::string>& found) {
      std::move(found.begin(), found.end(), std::back_inserter(names));
    });
    make_unique(names);
    reply.array(names.size());
    for (const std::string& name : names)
      reply.bulk(name);
    return {};
  }

 private:
  const TopicKind kind_;
  const bool all_;
  const std::string pattern_;
  PerCore<std::vector<std::string>> found_;
};

class CountSubscribers : public Gather {
 public:
  CountSubscribers(Core& home, TopicKind kind, Args channels)
      : kind_(kind), channels_(channels.begin(), channels.end()), counts_(home) {}

  void run(Core& core) override {
    std::vector<int64_t>& counts = counts_.of(core);
    for (const std::string& channel : channels_) {
      const Topic* topic = core.pubsub().topics(kind_).find(channel);
      counts.push_back(topic ? static_cast<int64_t>(topic->subscribers) : 0);
    }
  }

  Error reply(Core&, Session&, Reply& reply) override {
    std::vector<int64_t> sums(channels_.size());
    counts_.for_each([&](const std::vector<int64_t>& counts) {
      for (size_t i = 0; i < counts.size(); ++i)
        sums[i] += counts[i];
    });
    reply.array(2 * sums.size());
    for (size_t i = 0; i < sums.size(); ++i) {
      reply.bulk(channels_[i]);
      reply.integer(sums[i]);
    }
    return {};
  }

 private:
  const TopicKind kind_;
  const std::vector<std::string> channels_;
  PerCore<std::vector<int64_t>> counts_;
};

// How many different patterns there are.
class CountPatterns : public Gather {
 public:
  explicit CountPatterns(Core& home) : hashes_(home) {}
  void run(Core& core) override {
    std::vector<uint64_t>& hashes = hashes_.of(core);
    core.pubsub().topics(TopicKind::kPattern).for_each([&](const Topic& topic) {
      hashes.push_back(topic.hash);
    });
  }
  Error reply(Core&, Session&, Reply& reply) override {
    std::vector<uint64_t> all;
    hashes_.for_each([&](const std::vector<uint64_t>& hashes) {
      all.insert(all.end(), hashes.begin(), hashes.end());
    });
    make_unique(all);
    reply.integer(static_cast<int64_t>(all.size()));
    return {};
  }

 private:
  PerCore<std::vector<uint64_t>> hashes_;
};

Error list_channels(ServerCall& call, TopicKind kind) {
  if (call.size() > 3) {
    return unknown_subcommand("PUBSUB", call[1]);
  }
  const bool all = call.size() == 2;
  return start_gather(call, std::make_unique<ListChannels>(call.core, kind, all,
                                                           all ? std::string_view() : call[2]));
}

Error pubsub_channels(ServerCall& call) {
  return list_channels(call, TopicKind::kChannel);
}
Error pubsub_shardchannels(ServerCall& call) {
  return list_channels(call, TopicKind::kShardChannel);
}
Error pubsub_numsub(ServerCall& call) {
  return start_gather(call, std::make_unique<CountSubscribers>(call.core, TopicKind::kChannel,
                                                               call.args.subspan(2)));
}
Error pubsub_shardnumsub(ServerCall& call) {
  return start_gather(call, std::make_unique<CountSubscribers>(call.core, TopicKind::kShardChannel,
                                                               call.args.subspan(2)));
}
Error pubsub_numpat(ServerCall& call) {
  return start_gather(call, std::make_unique<CountPatterns>(call.core));
}

constexpr std::string_view kHelp[] = {
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
};

Error pubsub_help(ServerCall& call) {
  reply_help(call.reply, "PUBSUB", kHelp);
  return {};
}

constexpr Command row(std::string_view name, std::string_view syntax, int arity,
                      Error (*serve)(ServerCall&), std::string_view since, std::string_view summary,
                      std::string_view complexity) {
  Command made;
  made.name = name;
  made.arity = arity;
  made.flags = kPubsub | kLoading | kStale;
  made.route = Route::kConnection;
  made.serve = serve;
  made.group = "pubsub";
  made.since = since;
  made.summary = summary;
  made.complexity = complexity;
  made.syntax = syntax;
  return made;
}

constexpr Command help_row() {
  Command made = row("pubsub|help", "", 2, pubsub_help, "6.2.0", "Lists the subcommands.", "O(1)");
  made.flags = kLoading | kStale;
  return made;
}

constexpr Command kSubcommands[] = {
    row("pubsub|channels", "[pattern:pattern]", -2, pubsub_channels, "2.8.0",
        "Lists channels that have listeners.", "O(N) in the channels"),
    help_row(),
    row("pubsub|numpat", "", 2, pubsub_numpat, "2.8.0", "Counts the patterns that have listeners.",
        "O(N) in the patterns"),
    row("pubsub|numsub", "[channel...]", -2, pubsub_numsub, "2.8.0",
        "Counts who listens to channels.", "O(N) in the channels asked for"),
    row("pubsub|shardchannels", "[pattern:pattern]", -2, pubsub_shardchannels, "7.0.0",
        "Lists shard channels that have listeners.", "O(N) in the shard channels"),
    row("pubsub|shardnumsub", "[shardchannel...]", -2, pubsub_shardnumsub, "7.0.0",
        "Counts who listens to shard channels.", "O(N) in the shard channels asked for"),
};

constexpr Command kRows[] = {
    {.name = "pubsub",
     .arity = -2,
     .subcommands = kSubcommands,
     .group = "pubsub",
     .since = "2.8.0",
     .summary = "Tells who listens to what.",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> pubsub_info_commands() {
  return kRows;
}

}  // namespace rondo
