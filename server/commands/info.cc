#include "server/commands/info.h"

#include "server/commands/gather.h"
#include "server/text.h"

namespace rondo {
namespace {

struct SectionName {
  std::string_view name;
  uint32_t sections;
};

// What redis-cli and exporters ask for when they name no section.
constexpr uint32_t kDefault = kInfoServer | kInfoClients | kInfoMemory | kInfoPersistence |
                              kInfoStats | kInfoReplication | kInfoCpu | kInfoModules |
                              kInfoErrorstats | kInfoCluster | kInfoKeyspace;
constexpr uint32_t kAll = kDefault | kInfoCommandstats | kInfoLatencystats | kInfoReactor;

constexpr SectionName kNames[] = {
    {"default", kDefault},
    {"all", kAll},
    {"everything", kAll},
    {"server", kInfoServer},
    {"clients", kInfoClients},
    {"memory", kInfoMemory},
    {"persistence", kInfoPersistence},
    {"stats", kInfoStats},
    {"replication", kInfoReplication},
    {"cpu", kInfoCpu},
    {"modules", kInfoModules},
    {"commandstats", kInfoCommandstats},
    {"errorstats", kInfoErrorstats},
    {"latencystats", kInfoLatencystats},
    {"cluster", kInfoCluster},
    {"keyspace", kInfoKeyspace},
    {"reactor", kInfoReactor},
};

class GatherInfo : public Gather {
 public:
  GatherInfo(Core& home, uint32_t sections) : sections_(sections), parts_(home) {}

  void run(Core& core) override { gather_info(core, sections_, parts_.of(core)); }

  Error reply(Core& home, Session&, Reply& reply) override {
    InfoData all;
    std::vector<const InfoData*> cores;
    parts_.for_each([&](const InfoData& part) {
      add_info(part, all);
      cores.push_back(&part);
    });
    reply.verbatim("txt", info_text(home, sections_, all, cores));
    return {};
  }

 private:
  const uint32_t sections_;
  PerCore<InfoData> parts_;
};

Error info(ServerCall& call) {
  uint32_t sections = call.size() == 1 ? kDefault : 0;
  for (size_t i = 1; i < call.size(); ++i) {
    for (const SectionName& section : kNames) {
      if (same_word(section.name, call[i])) sections |= section.sections;
    }
  }
  return start_gather(call, std::make_unique<GatherInfo>(call.core, sections));
}

const Command kRows[] = {
    {.name = "info",
     .arity = -1,
     .flags = kLoading | kStale,
     .acl = kAclDangerous,
     .route = Route::kConnection,
     .serve = info,
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special",
     .group = "server",
     .since = "1.0.0",
     .summary = "Tells how the server is.",
     .complexity = "O(1)",
     .syntax = "[section...]"},
};

}  // namespace

std::span<const Command> info_commands() {
  return kRows;
}

}  // namespace rondo
