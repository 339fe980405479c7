#include "tests/differential/side.h"

#include <poll.h>
#include <unistd.h>

#include "reactor/base/clock.h"
#include "tests/server/local_server.h"
#include "tools/client/client.h"

namespace rondo {

namespace {

class LocalSide final : public Side {
 public:
  explicit LocalSide(int cores)
      : server_(cores), client_(server_.connect(0)), waiter_(server_.connect(cores - 1)) {}

  RespValue run(const Words& args) override {
    const RespValue value = parse(client_.run_args(args));
    CHECK(client_.received().empty());
    return value;
  }
  void start_waiting(const Words& args) override {
    waiter_.send_command(args);
    server_.pump();
  }
  RespValue waiter_reply() override {
    server_.pump();
    return parse(waiter_.take_reply());
  }
  void pass_ms(int64_t ms) override { server_.advance_ms(ms); }

 private:
  static RespValue parse(const std::string& bytes) {
    RespReader reader;
    reader.feed(bytes);
    RespValue value;
    CHECK(reader.next(value) == RespReader::Status::kValue);
    return value;
  }

  LocalServer server_;
  LocalClient& client_;
  LocalClient& waiter_;
};

class SocketSide final : public Side {
 public:
  explicit SocketSide(const std::string& path) : client_(connect(path)), waiter_(connect(path)) {}

  RespValue run(const Words& args) override { return value_of(client_.command(args)); }
  void start_waiting(const Words& args) override {
    std::string request;
    client::append_command(request, args);
    CHECK(waiter_.send(request));
    const int64_t deadline_ns = read_monotonic_ns() + kPatienceNs;
    while (!has_answered() && !has_blocked_client()) {
      CHECK(read_monotonic_ns() < deadline_ns);
      ::usleep(200);
    }
  }
  RespValue waiter_reply() override { return value_of(waiter_.read_reply()); }
  void pass_ms(int64_t ms) override { ::usleep(static_cast<useconds_t>(ms) * 1000); }

 private:
  static constexpr int64_t kPatienceNs = 30'000'000'000;

  static client::Client connect(const std::string& path) {
    Result<client::Client> client = client::Client::connect({.unix_path = path});
    CHECK(client);
    return std::move(client.value());
  }
  static RespValue value_of(Result<RespValue> reply) {
    CHECK(reply);
    return std::move(reply.value());
  }
  bool has_answered() const {
    pollfd descriptor{waiter_.fd(), POLLIN, 0};
    return ::poll(&descriptor, 1, 0) == 1;
  }
  bool has_blocked_client() {
    const std::string text = run({"INFO", "clients"}).text;
    return text.find("blocked_clients:1\r") != std::string::npos;
  }

  client::Client client_;
  client::Client waiter_;
};

}  // namespace

std::unique_ptr<Side> make_local_side(int cores) {
  return std::make_unique<LocalSide>(cores);
}

std::unique_ptr<Side> make_socket_side(const std::string& path) {
  return std::make_unique<SocketSide>(path);
}

}  // namespace rondo
