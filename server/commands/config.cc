#include "server/commands/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/errors.h"
#include "protocol/glob.h"
#include "reactor/tick_meter.h"
#include "reactor/tick_stats.h"
#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/config_option.h"
#include "server/config_rewrite.h"
#include "server/logger.h"
#include "server/text.h"

namespace rondo {
namespace {

std::string shown_value(const Config& config, const Option& option) {
  std::string value = option_value(config, option);
  // Redis says nothing of new keys behind an "A".
  if (option.name == "notify-keyspace-events" && value.starts_with('A')) std::erase(value, 'n');
  return value;
}

Error config_get(ServerCall& call) {
  std::vector<std::pair<std::string_view, const Option*>> found;
  // A name is answered as it was spelled, one that a pattern matches as it is.
  const auto look_at = [&](std::string_view name, const Option& option) {
    for (size_t i = 2; i < call.size(); ++i) {
      if (!glob_match(call[i], name, LetterCase::kIgnore)) continue;
      found.emplace_back(same_word(call[i], name) ? call[i] : name, &option);
      return;
    }
  };
  for_each_option([&](const Option& option) {
    look_at(option.name, option);
    if (!option.alias.empty()) look_at(option.alias, option);
  });
  call.reply.map(found.size());
  for (const auto& [name, option] : found) {
    call.reply.bulk(name);
    call.reply.bulk(shown_value(call.core.config(), *option));
  }
  return {};
}

// Gives every core the new configuration.
class ApplyConfig : public Gather {
 public:
  ApplyConfig(Config config, std::vector<const Option*> changed)
      : config_(std::move(config)), changed_(std::move(changed)) {}

  void run(Core& core) override {
    // Only what was set: another client may be setting something else.
    for (const Option* option : changed_) {
      store_option(core.config(), *option, option_value(config_, *option));
    }
    core.config_changed();
  }

  Error reply(Core& home, Session&, Reply& reply) override {
    log_set_level(home.config().loglevel);
    reply.ok();
    return {};
  }

 private:
  const Config config_;
  const std::vector<const Option*> changed_;
};

Error set_failed(std::string_view name, std::string_view why) {
  return Error(fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}",
                           name.substr(0, 128), why));
}

Error config_set(ServerCall& call) {
  if (call.size() % 2 != 0) return errors::kSyntax;
  // First whether all of them may be set, then whether the values are right: so Redis answers.
  std::vector<const Option*> changed;
  for (size_t i = 2; i < call.size(); i += 2) {
    const Option* option = find_option(call[i]);
    if (option == nullptr) {
      return Error(fmt::format("ERR Unknown option or number of arguments for CONFIG SET - '{}'",
                               call[i].substr(0, 128)));
    }
    if (option->fixed) return set_failed(call[i], "can't set immutable config");
    if (option->guarded) return set_failed(call[i], "can't set protected config");
    // Both names of one option are no duplicates.
    for (size_t earlier = 2; earlier < i; earlier += 2) {
      if (same_word(call[earlier], call[i])) return set_failed(call[i], "duplicate parameter");
    }
    changed.push_back(option);
  }
  const Config& before = call.core.config();
  Config config = before;
  for (size_t i = 2; i < call.size(); i += 2) {
    const Option& option = *changed[i / 2 - 1];
    const std::string words[] = {std::string(call[i + 1])};
    const std::string wrong = set_option(config, option, words);
    if (!wrong.empty()) return set_failed(call[i], wrong);
    if (!option.pinned.empty() && option_value(config, option) != option_value(before, option)) {
      log_warning("CONFIG SET {}: this needs a restart", option.name);
      return set_failed(call[i], option.pinned);
    }
  }
  return start_gather(call, std::make_unique<ApplyConfig>(std::move(config), std::move(changed)));
}

Error config_rewrite(ServerCall& call) {
  const Config& config = call.core.config();
  if (config.config_file.empty()) return "ERR The server is running without a config file";
  if (auto status = rewrite_config_file(config); !status) {
    log_warning("CONFIG REWRITE failed: {}", status.failure().text);
    return Error(
        fmt::format("ERR Rewriting config file: {}", std::strerror(status.failure().code)));
  }
  log_notice("CONFIG REWRITE executed with success.");
  call.reply.ok();
  return {};
}

class ResetStatistics : public Gather {
 public:
  void run(Core& core) override {
    core.stats().reset();
    if (core.ticks) core.ticks->slow_ticks = core.ticks->longest_tick_ns = 0;
    if (core.tick_meter) core.tick_meter->reset();
    core.shard().graveyard().reset_freed();
    core.shard().stats() = ShardStats{.mutations = core.shard().stats().mutations};
  }
  Error reply(Core&, Session&, Reply& reply) override {
    reply.ok();
    return {};
  }
};

Error config_resetstat(ServerCall& call) {
  return start_gather(call, std::make_unique<ResetStatistics>());
}

constexpr std::string_view kHelp[] = {
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
};

Error config_help(ServerCall& call) {
  reply_help(call.reply, "CONFIG", kHelp);
  return {};
}

constexpr uint32_t kFlags = kAdmin | kNoscript | kLoading | kStale;

const Command kSubcommands[] = {
    {.name = "config|get",
     .arity = -3,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = config_get,
     .group = "server",
     .since = "2.0.0",
     .summary = "Shows options by name or pattern.",
     .complexity = "O(N), N the number of patterns",
     .syntax = "parameter..."},
    {.name = "config|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .route = Route::kConnection,
     .serve = config_help,
     .group = "server",
     .since = "5.0.0",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    {.name = "config|resetstat",
     .arity = 2,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = config_resetstat,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .group = "server",
     .since = "2.0.0",
     .summary = "Sets the counters of INFO to zero.",
     .complexity = "O(1)"},
    {.name = "config|rewrite",
     .arity = 2,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = config_rewrite,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .group = "server",
     .since = "2.8.0",
     .summary = "Writes the options as they are now to the configuration file.",
     .complexity = "O(1)"},
    {.name = "config|set",
     .arity = -4,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = config_set,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .group = "server",
     .since = "2.0.0",
     .summary = "Changes options while the server runs: all of them or none.",
     .complexity = "O(N), N the number of options",
     .syntax = "data(parameter value)..."},
};

const Command kRows[] = {
    {.name = "config",
     .arity = -2,
     .subcommands = kSubcommands,
     .group = "server",
     .since = "2.0.0",
     .summary = "Shows and changes the configuration.",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> config_commands() {
  return kRows;
}

}  // namespace rondo
