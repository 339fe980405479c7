// LocalServer: a whole server in one thread, without sockets, clocks or a kernel: its cores with
// their mailboxes, and clients that live on them. Time stands still until the test moves it, and
// nothing happens until the test gives a core its turn: one at a time, or all of them by pump().
//
//   LocalServer server(3);
//   LocalClient& client = server.connect(0);
//   client.run("MSET a 1 b 2");    // "+OK"
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/mailbox.h"
#include "server/core.h"
#include "server/server.h"
#include "server/session.h"

namespace rondo {

class LocalServer;

// The bytes of one request.
std::string encode_request(const std::vector<std::string>& args);

// One client: what a connection is to a session, with strings instead of a socket.
class LocalClient final : public SessionHost {
 public:
  LocalClient(LocalServer& server, int core);
  ~LocalClient();
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;

  // Sends one command, pumps the server until its reply is whole, and returns the bytes of it.
  std::string run_args(const std::vector<std::string>& args);
  // The same for words separated by single spaces; in the result a space stands for each CRLF and
  // the last one is dropped: run("GET k") is "$1 v".
  std::string run(std::string_view words);
  // Sends several commands at once and returns the replies of all of them.
  std::vector<std::string> pipeline(const std::vector<std::string>& commands);

  // Bytes on their way to the server; it reads them in its core's turns.
  void send(std::string_view bytes) { input_.append(bytes); }
  void send_command(const std::vector<std::string>& args) { send(encode_request(args)); }
  // Takes what the server has sent.
  std::string take_received() { return std::exchange(received_, {}); }
  const std::string& received() const { return received_; }
  // Takes the next whole reply out of what was received; empty: there is none.
  std::string take_reply();
  // The socket dies. What is in flight ends later.
  void disconnect();

  // The most bytes that the server reads at a time; 0: no limit.
  size_t read_bytes_max = 0;
  // The payload of a big argument is received straight into its block.
  bool reads_direct = false;
  // While false nothing is taken from the server: its output grows.
  bool receives = true;

  Session& session() { return *session_; }
  int core() const { return core_; }
  bool connected() const { return connected_; }
  // True: the session has ended too.
  bool finished() const { return finished_; }
  // There are bytes that the server can read now.
  bool has_input() const;

  // One read of its socket by the server, in the turn of its core. True: there was something.
  bool read_input();
  // The end of the turn: the output leaves.
  void flush();

  // SessionHost.
  void session_ready(Session& session) override;
  void session_finished(Session& session) override;

 private:
  friend class LocalServer;

  LocalServer& server_;
  const int core_;
  std::unique_ptr<Session> session_;
  std::string input_;
  std::string received_;
  bool ready_ = false;
  bool connected_ = true;
  bool finished_ = false;
};

class LocalServer {
 public:
  explicit LocalServer(int cores, Config config = {}, size_t mailbox_capacity = 1024);
  // Ends all clients and checks that nothing is held or under way any more.
  ~LocalServer();

  // Cores sleep between their turns: their shards are lent to others then.
  void lend_shards();
  LocalClient& connect(int core = 0);
  int cores() const { return server_.cores_count; }
  Core& core(int index) { return *cores_[static_cast<size_t>(index)]; }
  Server& server() { return server_; }
  MailboxGrid& grid() { return grid_; }
  int shard_of(std::string_view key) const { return server_.shard_of(key); }
  // A key on `shard` that begins with `prefix`; different for each `number`.
  std::string key_on(int shard, std::string_view prefix, int number = 0) const;

  Time now() const { return now_; }
  void advance_ms(int64_t ms);

  // One turn of a core in its parts, for those who want something to happen between them.
  bool begin_turn(int core);    // Time and mailbox. True: something had arrived.
  bool read_clients(int core);  // True: some client had sent something.
  void flush(int core);         // Messages leave, still invisible to others; clients get output.
  bool publish(int core);       // True: messages became visible.
  // All of it. True: something happened.
  bool turn(int core);
  // Turns of all cores until nothing moves any more.
  void pump();
  // True: no message, input or output is under way.
  bool quiet();

 private:
  friend class LocalClient;
  void bury_finished();
  void wake(int core);

  Server server_;
  MailboxGrid grid_;
  bool lends_ = false;
  std::vector<bool> offered_;  // A core sleeps.
  std::vector<bool> in_turn_;  // A core has begun its turn and not published yet.
  Time now_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<std::unique_ptr<LocalClient>> clients_;
};

}  // namespace rondo
