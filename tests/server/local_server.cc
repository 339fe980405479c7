#include "tests/server/local_server.h"

#include <algorithm>
#include <cstring>

#include "protocol/resp_reader.h"
#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr int64_t kStartUnixMs = 1'900'000'000'000;
// A pump that takes more turns than this does not end.
constexpr int kTurnsMax = 100'000;

SessionAddress local_address(size_t number) {
  SessionAddress address;
  address.peer = "127.0.0.1:" + std::to_string(20'000 + number);
  address.local = "127.0.0.1:6379";
  address.loopback = true;
  return address;
}

std::vector<std::string> split_at_spaces(std::string_view words) {
  std::vector<std::string> args;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    args.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return args;
}

std::string with_spaces(const std::string& reply) {
  std::string text;
  for (size_t i = 0; i < reply.size(); ++i) {
    if (reply[i] == '\n') continue;
    text += reply[i] == '\r' ? ' ' : reply[i];
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace

std::string encode_request(const std::vector<std::string>& args) {
  std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n";
    bytes += arg;
    bytes += "\r\n";
  }
  return bytes;
}

// --- LocalClient
// ----------------------------------------------------------------------------------

LocalClient::LocalClient(LocalServer& server, int core)
    : server_(server),
      core_(core),
      session_(std::make_unique<Session>(server.core(core), *this,
                                         local_address(server.clients_.size()))) {}

LocalClient::~LocalClient() {
  CHECK(finished_);
}

std::string LocalClient::run_args(const std::vector<std::string>& args) {
  CHECK(received_.empty());
  send_command(args);
  server_.pump();
  return take_reply();
}

std::string LocalClient::run(std::string_view words) {
  return with_spaces(run_args(split_at_spaces(words)));
}

std::vector<std::string> LocalClient::pipeline(const std::vector<std::string>& commands) {
  for (const std::string& words : commands)
    send_command(split_at_spaces(words));
  server_.pump();
  std::vector<std::string> replies;
  while (!received_.empty()) {
    const std::string reply = take_reply();
    if (reply.empty()) break;
    replies.push_back(with_spaces(reply));
  }
  return replies;
}

std::string LocalClient::take_reply() {
  RespReader reader;
  reader.feed(received_);
  RespValue value;
  if (reader.next(value) != RespReader::Status::kValue) return {};
  const size_t size = received_.size() - reader.pending_bytes();
  std::string reply = received_.substr(0, size);
  received_.erase(0, size);
  return reply;
}

void LocalClient::disconnect() {
  if (!connected_) return;
  connected_ = false;
  ready_ = false;
  input_.clear();
  server_.in_turn_[static_cast<size_t>(core_)] = true;  // What this sends is not published yet.
  session_->disconnected();
}

bool LocalClient::has_input() const {
  return connected_ && !input_.empty() && !session_->reading_paused() && !session_->closing() &&
         !session_->aborted();
}

bool LocalClient::read_input() {
  if (!has_input()) return false;
  size_t size = input_.size();
  if (read_bytes_max != 0) size = std::min(size, read_bytes_max);
  const std::span<char> target = reads_direct ? session_->direct_target() : std::span<char>();
  if (!target.empty()) {
    size = std::min(size, target.size());
    std::memcpy(target.data(), input_.data(), size);
    session_->direct_filled(size);
  } else {
    // A block of exactly this size, so that reading beyond the end is noticed.
    const std::vector<char> bytes(input_.begin(), input_.begin() + static_cast<long>(size));
    session_->feed({bytes.data(), bytes.size()});
  }
  input_.erase(0, size);
  return true;
}

void LocalClient::flush() {
  if (!ready_ || !connected_) return;
  // It stays ready: nothing more is told before begin_flush().
  if (!receives && !session_->aborted()) return;
  ready_ = false;
  session_->begin_flush();
  if (session_->aborted()) {
    disconnect();
    return;
  }
  OutBuffer& output = session_->output();
  received_ += output.to_string();
  output.clear();
  if (session_->closing() && session_->replies().idle()) disconnect();
}

void LocalClient::session_ready(Session& session) {
  CHECK(&session == session_.get());
  CHECK(!ready_);
  ready_ = true;
}

void LocalClient::session_finished(Session& session) {
  CHECK(&session == session_.get());
  CHECK(!connected_);
  CHECK(!finished_);
  finished_ = true;
}

// --- LocalServer
// ----------------------------------------------------------------------------------

LocalServer::LocalServer(int cores, Config config, size_t mailbox_capacity)
    : server_(cores, std::move(config)),
      grid_(cores, mailbox_capacity),
      in_turn_(static_cast<size_t>(cores)) {
  now_.unix_us = kStartUnixMs * 1000;
  now_.mono_ns = 1'000'000'000;
  for (int i = 0; i < cores; ++i) {
    cores_.push_back(std::make_unique<Core>(server_, i, cores == 1 ? nullptr : &grid_.of(i)));
    cores_.back()->begin_tick(now_);
  }
}

LocalServer::~LocalServer() {
  for (const auto& core : cores_)
    core->end_pause();
  for (const auto& client : clients_)
    client->disconnect();
  pump();
  for (const auto& client : clients_)
    CHECK(client->finished());
  bury_finished();
  for (const auto& core : cores_) {
    core->admission().verify();
    CHECK(core->admission().quiet());
    CHECK(core->sessions_count == 0);
    CHECK(core->shard().watches().tokens() == 0);
    CHECK(core->shard().waiters().empty());
    CHECK(core->shard().waiters().lines() == 0);
    CHECK(core->blocking().waiting() == 0);
    core->shard().verify();
  }
}

LocalClient& LocalServer::connect(int core) {
  clients_.push_back(std::make_unique<LocalClient>(*this, core));
  return *clients_.back();
}

std::string LocalServer::key_on(int shard, std::string_view prefix, int number) const {
  for (int i = 0;; ++i) {
    std::string key = std::string(prefix) + ":" + std::to_string(i);
    if (shard_of(key) == shard && number-- == 0) return key;
  }
}

void LocalServer::advance_ms(int64_t ms) {
  now_.unix_us += ms * 1000;
  now_.mono_ns += ms * 1'000'000;
}

bool LocalServer::begin_turn(int core) {
  bury_finished();
  in_turn_[static_cast<size_t>(core)] = true;
  wake(core);
  return this->core(core).begin_tick(now_);
}

bool LocalServer::read_clients(int core) {
  bool any = false;
  // A command may end a client, but none is added or removed meanwhile.
  for (const auto& client : clients_) {
    if (client->core() == core && client->read_input()) any = true;
  }
  return any;
}

void LocalServer::flush(int core) {
  this->core(core).flush();
  for (const auto& client : clients_) {
    if (client->core() == core) client->flush();
  }
}

bool LocalServer::publish(int core) {
  in_turn_[static_cast<size_t>(core)] = false;
  const bool published = cores() > 1 && grid_.of(core).publish();
  if (lends_) {
    this->core(core).offer_shard();
    offered_[static_cast<size_t>(core)] = true;
  }
  return published;
}

void LocalServer::lend_shards() {
  lends_ = true;
  offered_.resize(static_cast<size_t>(cores()));
}

void LocalServer::wake(int core) {
  if (!lends_ || !offered_[static_cast<size_t>(core)]) return;
  this->core(core).reclaim_shard();
  offered_[static_cast<size_t>(core)] = false;
}

bool LocalServer::turn(int core) {
  const bool arrived = begin_turn(core);
  const bool read = read_clients(core);
  flush(core);
  const bool published = publish(core);
  return arrived || read || published || this->core(core).has_backlog();
}

void LocalServer::pump() {
  for (int turns = 0; !quiet(); ++turns) {
    CHECK(turns < kTurnsMax);
    for (int i = 0; i < cores(); ++i)
      turn(i);
  }
}

bool LocalServer::quiet() {
  for (int i = 0; i < cores(); ++i) {
    if (in_turn_[static_cast<size_t>(i)]) return false;
    if (core(i).blocking().next_timeout_ms() <= now_.mono_ns / 1'000'000) return false;
    if (core(i).has_backlog() || (cores() > 1 && grid_.of(i).has_incoming())) return false;
  }
  return std::none_of(clients_.begin(), clients_.end(), [](const auto& client) {
    return client->has_input() || (client->ready_ && client->receives);
  });
}

// Sessions end while they are on the stack, so their objects go later.
void LocalServer::bury_finished() {
  for (const auto& client : clients_) {
    if (client->finished()) client->session_.reset();
  }
}

}  // namespace rondo
