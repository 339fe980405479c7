// CLIENT INFO, LIST and KILL: sessions as text, and which of them a client means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"
#include "server/session.h"

namespace rondo {

struct ServerCall;

// One line of CLIENT LIST, without its end.
std::string client_line(Session& session, int64_t now_ms);

enum class ClientType : uint8_t { kNormal, kMaster, kReplica, kPubsub };
std::optional<ClientType> parse_client_type(std::string_view name);

// A session is meant when it agrees with everything that is set.
struct ClientFilter {
  uint64_t id = 0;  // 0: any.
  std::string peer;
  std::string local;
  std::string user;
  std::optional<ClientType> type;
  int64_t age_seconds_min = 0;
  bool skip_me = true;

  bool matches(const Session& session, uint64_t my_id, int64_t now_ms) const;
};

Error client_info(ServerCall& call);
Error client_list(ServerCall& call);
Error client_kill(ServerCall& call);

}  // namespace rondo
