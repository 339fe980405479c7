#include "server/commands/client_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "server/commands/gather.h"
#include "server/text.h"

namespace rondo {

namespace {

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.monitor) flags += 'O';
  if (session.subscribed()) flags += 'P';
  if (session.multi().active()) flags += 'x';
  if (session.waits_for_keys()) flags += 'b';
  if (session.closing()) flags += 'c';
  if (session.aborted()) flags += 'A';
  if (session.address().unix_socket) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

// No replicas exist here.
bool has_type(const Session& session, ClientType type) {
  return type == (session.subscribed() ? ClientType::kPubsub : ClientType::kNormal);
}

Error parse_id(std::string_view text, uint64_t& id, const char* error) {
  const auto value = parse_integer(text);
  if (!value || *value <= 0) return error;
  id = static_cast<uint64_t>(*value);
  return {};
}

struct ListedClient {
  uint64_t id = 0;
  std::string line;
};

class ListClients : public Gather {
 public:
  ListClients(Core& home, std::vector<uint64_t> ids, std::optional<ClientType> type)
      : ids_(std::move(ids)), type_(type), found_(home) {}

  void run(Core& core) override {
    std::vector<ListedClient>& found = found_.of(core);
    core.sessions().for_each([&](Session& session) {
      if (session.aborted() || (type_ && !has_type(session, *type_))) return;
      if (!ids_.empty() && std::find(ids_.begin(), ids_.end(), session.id()) == ids_.end()) return;
      found.push_back({session.id(), client_line(session, core.now_ms())});
    });
  }

  Error reply(Core&, Session&, Reply& reply) override {
    std::vector<ListedClient> all;
    found_.for_each([&](std::vector<ListedClient>& found) {
      std::move(found.begin(), found.end(), std::back_inserter(all));
    });
    std::sort(all.begin(), all.end(),
              [](const ListedClient& a, const ListedClient& b) { return a.id < b.id; });
    std::string text;
    const auto append = [&](const ListedClient& client) { text += client.line + '\n'; };
    if (ids_.empty()) {
      for (const ListedClient& client : all)
        append(client);
    }
    for (const uint64_t id : ids_) {  // In the order in which they were asked for.
      for (const ListedClient& client : all) {
        if (client.id == id) append(client);
      }
    }
    reply.verbatim("txt", text);
    return {};
  }

 private:
  const std::vector<uint64_t> ids_;
  const std::optional<ClientType> type_;
  PerCore<std::vector<ListedClient>> found_;
};

class KillClients : public Gather {
 public:
  KillClients(Core& home, uint64_t my_id, ClientFilter filter, bool old_form)
      : my_id_(my_id), filter_(std::move(filter)), old_form_(old_form), killed_(home) {}

  void run(Core& core) override {
    core.sessions().for_each([&](Session& session) {
      if (session.aborted() || !filter_.matches(session, my_id_, core.now_ms())) return;
      ++killed_.of(core);
      if (session.id() != my_id_)
        session.abort();
      else
        killed_me_ = true;  // It is to see the reply first.
    });
  }

  Error reply(Core&, Session& me, Reply& reply) override {
    int64_t killed = 0;
    killed_.for_each([&](int64_t count) { killed += count; });
    if (killed_me_) me.close_after_reply();
    if (!old_form_)
      reply.integer(killed);
    else if (killed == 0)
      return "ERR No such client";
    else
      reply.ok();
    return {};
  }

 private:
  const uint64_t my_id_;
  const ClientFilter filter_;
  const bool old_form_;
  PerCore<int64_t> killed_;
  bool killed_me_ = false;  // Written by this client's core only.
};

Error unknown_type(std::string_view name) {
  return Error(fmt::format("ERR Unknown client type '{}'", name.substr(0, 128)));
}

// One option of CLIENT KILL and its value.
Error parse_kill_option(std::string_view option, std::string_view value, ClientFilter& filter) {
  if (same_word(option, "id")) {
    return parse_id(value, filter.id, "ERR client-id should be greater than 0");
  }
  if (same_word(option, "maxage")) {
    const auto age = parse_integer(value);
    if (!age) return "ERR maxage is not an integer or out of range";
    if (*age <= 0) return "ERR maxage should be greater than 0";
    filter.age_seconds_min = *age;
  } else if (same_word(option, "type")) {
    filter.type = parse_client_type(value);
    if (!filter.type) return unknown_type(value);
  } else if (same_word(option, "addr")) {
    filter.peer = value;
  } else if (same_word(option, "laddr")) {
    filter.local = value;
  } else if (same_word(option, "user")) {
    if (value != "default") {
      return Error(fmt::format("ERR No such user '{}'", value.substr(0, 128)));
    }
    filter.user = value;
  } else if (same_word(option, "skipme")) {
    if (!same_word(value, "yes") && !same_word(value, "no")) return errors::kSyntax;
    filter.skip_me = same_word(value, "yes");
  } else {
    return errors::kSyntax;
  }
  return {};
}

}  // namespace

std::string client_line(Session& session, int64_t now_ms) {
  const SessionAddress& address = session.address();
  Multi& multi = session.multi();
  const size_t output = session.output().size();
  const auto seconds = [&](int64_t since_ms) {
    return std::max<int64_t>(now_ms - since_ms, 0) / 1000;
  };
  const auto listens = [&](TopicKind kind) {
    return session.subscriber ? session.subscriber->count(kind) : 0;
  };
  std::string line = fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} "
      "multi={} qbuf={} qbuf-free={} argv-mem=0 multi-mem={} rbs=0 rbp=0 obl={} oll=0 omem={} "
      "tot-mem={} events={} cmd={} user={} redir=-1 resp={}",
      session.id(), address.peer, address.local, address.descriptor, session.name,
      seconds(session.created_unix_ms), seconds(session.last_active_ms), flags_of(session),
      session.db, listens(TopicKind::kChannel), listens(TopicKind::kPattern),
      listens(TopicKind::kShardChannel), multi.active() ? static_cast<int64_t>(multi.size()) : -1,
      session.query_buffer_bytes(), session.query_buffer_free(), multi.footprint(), output, output,
      session.memory_bytes(), output == 0 ? "r" : "rw",
      session.last_row != nullptr ? session.last_row->name : "NULL", session.user,
      static_cast<int>(session.resp));
  line += fmt::format(" lib-name={} lib-ver={}", session.library_name, session.library_version);
  return line;
}

std::optional<ClientType> parse_client_type(std::string_view name) {
  if (same_word(name, "normal")) return ClientType::kNormal;
  if (same_word(name, "master")) return ClientType::kMaster;
  if (same_word(name, "replica") || same_word(name, "slave")) return ClientType::kReplica;
  if (same_word(name, "pubsub")) return ClientType::kPubsub;
  return std::nullopt;
}

bool ClientFilter::matches(const Session& session, uint64_t my_id, int64_t now_ms) const {
  if (skip_me && session.id() == my_id) return false;
  if (id != 0 && session.id() != id) return false;
  if (!peer.empty() && session.address().peer != peer) return false;
  if (!local.empty() && session.address().local != local) return false;
  if (!user.empty() && (!session.authenticated || session.user != user)) return false;
  if (type && !has_type(session, *type)) return false;
  return age_seconds_min == 0 || (now_ms - session.created_unix_ms) / 1000 >= age_seconds_min;
}

Error client_info(ServerCall& call) {
  call.reply.verbatim("txt", client_line(call.session, call.core.now_ms()) + '\n');
  return {};
}

Error client_list(ServerCall& call) {
  std::vector<uint64_t> ids;
  std::optional<ClientType> type;
  if (call.size() == 4 && same_word(call[2], "type")) {
    type = parse_client_type(call[3]);
    if (!type) return unknown_type(call[3]);
  } else if (call.size() > 3 && same_word(call[2], "id")) {
    for (size_t i = 3; i < call.size(); ++i) {
      const auto id = parse_integer(call[i]);
      if (!id) return "ERR Invalid client ID";
      // No client has a number below 1, which is no mistake here.
      ids.push_back(static_cast<uint64_t>(std::max<int64_t>(*id, 0)));
    }
  } else if (call.size() != 2) {
    return errors::kSyntax;
  }
  return start_gather(call, std::make_unique<ListClients>(call.core, std::move(ids), type));
}

Error client_kill(ServerCall& call) {
  ClientFilter filter;
  const bool old_form = call.size() == 3;
  if (old_form) {
    filter.peer = call[2];
    filter.skip_me = false;
    if (filter.peer.empty()) return "ERR No such client";
  } else {
    for (size_t i = 2; i < call.size(); i += 2) {
      if (i + 1 == call.size()) return errors::kSyntax;
      if (Error error = parse_kill_option(call[i], call[i + 1], filter)) return error;
    }
  }
  return start_gather(call, std::make_unique<KillClients>(call.core, call.session.id(),
                                                          std::move(filter), old_form));
}

}  // namespace rondo
