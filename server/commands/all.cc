#include "server/commands/all.h"

#include "server/commands/client.h"
#include "server/commands/command.h"
#include "server/commands/config.h"
#include "server/commands/connection.h"
#include "server/commands/debug.h"
#include "server/commands/info.h"
#include "server/commands/latency.h"
#include "server/commands/memory.h"
#include "server/commands/monitor.h"
#include "server/commands/process.h"
#include "server/commands/pubsub.h"
#include "server/commands/pubsub_info.h"
#include "server/commands/slowlog.h"
#include "server/scripting/script_commands.h"

namespace rondo {

std::span<const std::span<const Command>> server_command_families() {
  static const std::span<const Command> families[] = {
      connection_commands(), client_commands(),  command_commands(), config_commands(),
      debug_commands(),      info_commands(),    latency_commands(), memory_commands(),
      monitor_commands(),    process_commands(), pubsub_commands(),  pubsub_info_commands(),
      slowlog_commands(),    script_commands(),
  };
  return families;
}

}  // namespace rondo
