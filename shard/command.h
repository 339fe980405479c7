// Command: one row of the command table. Family files (shard/commands/*.cc, server/commands/*.cc)
// end with their rows, with named fields; dispatch, routing, arity errors, COMMAND, ACL categories
// and the statistics read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/args.h"
#include "protocol/error.h"

namespace rondo {

class Call;
struct ServerCall;  // server/server_call.h: commands on the connection or the server itself.

// Where a command executes.
enum class Route : uint8_t {
  kConnection,   // On the client's own core: `serve`.
  kKey,          // All keys are on one shard, or the command has one key: `run` there.
  kSplit,        // Independent parts per shard: `run` with each shard's keys, merged by `merge`.
  kCursor,       // From the shard named in the cursor argument on (SCAN).
  kCoordinated,  // Data flows between the shards of its keys: `run` with a view of them.
  kAllShards,    // The same over all shards.
  kScript,       // A script, which may touch any key: without a handler, see server/scripting/.
};

// How the parts of a split command become one reply.
enum class Merge : uint8_t {
  kNone,
  kSum,     // Integers are added: DEL, EXISTS.
  kGather,  // Array elements return to their keys' positions: MGET. The handler calls
            // reply.end_element() after each.
  kOk,      // All parts answer OK: MSET.
};

enum CommandFlag : uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoscript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kAsking = 1u << 11,
  kFast = 1u << 12,
  kNoAuth = 1u << 13,
  kMayReplicate = 1u << 14,
  kNoAsyncLoading = 1u << 15,
  kNoMandatoryKeys = 1u << 16,
  kAllowBusy = 1u << 17,
  kNoMulti = 1u << 18,
  kMovableKeys = 1u << 19,
  kGuarded = 1u << 20,  // Refused unless the configuration allows it: DEBUG.
};

// ACL categories beyond those that follow from flags; names as in ACL CAT.
enum AclCategory : uint32_t {
  kAclKeyspace = 1u << 0,
  kAclRead = 1u << 1,
  kAclWrite = 1u << 2,
  kAclSet = 1u << 3,
  kAclSortedSet = 1u << 4,
  kAclList = 1u << 5,
  kAclHash = 1u << 6,
  kAclString = 1u << 7,
  kAclBitmap = 1u << 8,
  kAclHyperloglog = 1u << 9,
  kAclGeo = 1u << 10,
  kAclStream = 1u << 11,
  kAclPubsub = 1u << 12,
  kAclAdmin = 1u << 13,
  kAclFast = 1u << 14,
  kAclSlow = 1u << 15,
  kAclBlocking = 1u << 16,
  kAclDangerous = 1u << 17,
  kAclConnection = 1u << 18,
  kAclTransaction = 1u << 19,
  kAclScripting = 1u << 20,
};

// Key positions: first, last (negative: from the end), step; all 0 for none.
struct KeySpec {
  int first = 0;
  int last = 0;
  int step = 0;
};

// What each key is used for: RO, RW, OW, RM with access, update, insert, delete, as COMMAND prints.
struct KeyUse {
  // For example "RW access update". Keys that are used differently are separated by '|' in the
  // order of their positions: RENAME has "RW access delete|OW update".
  const char* flags = "";
};

// What dispatch reads comes first and fills two cache lines; words about the command come last.
struct alignas(64) Command {
  std::string_view name;  // Lower case; a subcommand's is "client|list".
  int arity = 0;          // With the name; negative: at least that many.
  uint32_t flags = 0;     // CommandFlag bits.
  uint32_t acl = 0;       // AclCategory bits.
  KeySpec keys = {};
  KeyUse key_use = {};
  // For kMovableKeys: the positions of the keys; an Error for arguments that make no sense.
  Error (*find_keys)(Args args, std::vector<int>& positions) = nullptr;
  // For arguments that lead to keys which only the execution finds; null: there are none such.
  bool (*needs_all_shards)(Args args) = nullptr;
  Route route = Route::kKey;
  Merge merge = Merge::kNone;
  Error (*run)(Call& call) = nullptr;
  Error (*serve)(ServerCall& call) = nullptr;
  std::span<const Command> subcommands = {};
  // Advice to clients and proxies, separated by spaces, as COMMAND INFO prints it.
  std::string_view tips = {};
  // COMMAND DOCS.
  std::string_view group = {};
  std::string_view since = {};
  std::string_view summary = {};
  std::string_view complexity = {};
  // Its arguments, in the notation of server/commands/command_syntax.h: "key [EX seconds:integer]".
  std::string_view syntax = {};
  // What is used instead of it, and since which version: "`SET` with `NX`".
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  bool is_internal = false;  // Not for applications ("syscmd").
};
static_assert(offsetof(Command, tips) <= 128);

constexpr Command with_tips(const Command& row, std::string_view tips) {
  Command result = row;
  result.tips = tips;
  return result;
}

// A family file's rows are returned by a function of its own, named in its header:
//   std::span<const Command> string_commands();

}  // namespace rondo
