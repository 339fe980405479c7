#include "reactor/listener.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "reactor/threads.h"
#include "tests/reactor/loop.h"
#include "tests/reactor/sockets.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Accepts and echoes.
class EchoServer : public AcceptHandler {
 public:
  void on_accept(int fd) override {
    ++accepted;
    last_fd = fd;
    echoes.push_back(std::make_unique<Echo>(*reactor, fd));
  }
  void on_accept_error(int error) override {
    ++errors;
    last_error = error;
  }

  Reactor* reactor = nullptr;
  std::vector<std::unique_ptr<Echo>> echoes;
  ListenerPtr listener;
  std::atomic<int> accepted{0};
  std::atomic<int> last_fd{-1};
  std::atomic<int> errors{0};
  std::atomic<int> last_error{0};
};

struct OneServer {
  OneServer(Descriptor socket, Listener::Mode mode) {
    server.reactor = &loop.reactor();
    loop.call([&] {
      server.listener = Listener::start(loop.reactor(), std::move(socket), mode, server);
    });
  }
  ~OneServer() {
    loop.stop([this] {
      server.listener.reset();
      server.echoes.clear();
    });
  }

  Loop loop;
  EchoServer server;
};

bool echoes(int fd) {
  return write_all(fd, "hello") && read_exactly(fd, 5) == "hello";
}

std::string scratch_path(const std::string& name) {
  return std::filesystem::temp_directory_path() /
         (name + "-" + std::to_string(::getpid()) + ".sock");
}

TEST_CASE("connections are accepted on IPv4 and IPv6") {
  for (const std::string host : {"127.0.0.1", "::1"}) {
    auto sockets = open_tcp_listeners(host, 0, 1);
    if (!sockets &&
        (sockets.failure().code == EADDRNOTAVAIL || sockets.failure().code == EAFNOSUPPORT)) {
      REQUIRE(host == "::1");
      MESSAGE("no IPv6 here: " << sockets.failure().text);
      continue;
    }
    REQUIRE(sockets);
    const uint16_t port = local_port(sockets->front().get());
    REQUIRE(port != 0);
    OneServer one(std::move(sockets->front()), Listener::Mode::kOwnSocket);
    std::vector<Descriptor> clients;
    for (int i = 0; i < 50; ++i) {
      clients.push_back(connect_tcp(host, port));
      REQUIRE(clients.back());
    }
    for (const Descriptor& client : clients)
      CHECK(echoes(client.get()));
    CHECK(one.server.accepted == 50);
  }
}

TEST_CASE("accepted connections inherit TCP_NODELAY and keepalive") {
  ListenOptions options;
  options.keepalive_s = 60;
  auto sockets = open_tcp_listeners("127.0.0.1", 0, 1, options);
  REQUIRE(sockets);
  const uint16_t port = local_port(sockets->front().get());
  OneServer one(std::move(sockets->front()), Listener::Mode::kOwnSocket);
  Descriptor client = connect_tcp("127.0.0.1", port);
  REQUIRE(echoes(client.get()));
  auto option = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(one.server.last_fd, level, name, &value, &size);
    return value;
  };
  CHECK(option(IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 60);
  CHECK(option(IPPROTO_TCP, TCP_KEEPINTVL) == 20);
  CHECK(option(IPPROTO_TCP, TCP_KEEPCNT) == 3);
  configure_connection(one.server.last_fd, 0);
  CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("an address in use is refused, although cores share ports") {
  auto first = open_tcp_listeners("127.0.0.1", 0, 3);
  REQUIRE(first);
  CHECK(first->size() == 3);
  const uint16_t port = local_port(first->front().get());
  for (const Descriptor& socket : *first)
    CHECK(local_port(socket.get()) == port);
  auto second = open_tcp_listeners("127.0.0.1", port, 1);
  REQUIRE(!second);
  CHECK(second.failure().code == EADDRINUSE);
  CHECK(second.failure().text ==
        "can not listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
  first->clear();
  CHECK(open_tcp_listeners("127.0.0.1", port, 2));
}

TEST_CASE("an address that is none is a failure") {
  CHECK(!open_tcp_listeners("300.1.2.3", 0, 1));
  CHECK(!open_tcp_listeners("192.0.2.1", 0, 1));
}

TEST_CASE("a unix socket has its permissions and replaces only a dead one") {
  const std::string path = scratch_path("rondo-listener");
  {
    auto socket = open_unix_listener(path, 0600);
    REQUIRE(socket);
    struct stat status;
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(!open_unix_listener(path, 0));
    OneServer one(std::move(*socket), Listener::Mode::kSharedSocket);
    auto address = unix_address(path);
    REQUIRE(address);
    std::vector<Descriptor> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(connect_to(*address));
      REQUIRE(clients.back());
    }
    for (const Descriptor& client : clients)
      CHECK(echoes(client.get()));
  }
  CHECK(open_unix_listener(path, 0));
  ::unlink(path.c_str());
  CHECK(!open_unix_listener(std::string(200, 'x'), 0));
  CHECK(!open_unix_listener("/nonexistent/folder/socket", 0));
}

TEST_CASE("a file that is no socket is never replaced") {
  const std::string path = scratch_path("rondo-file");
  FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fclose(file);
  auto socket = open_unix_listener(path, 0);
  REQUIRE(!socket);
  CHECK(socket.failure().code == EADDRINUSE);
  CHECK(std::filesystem::exists(path));
  ::unlink(path.c_str());
}

TEST_CASE("out of descriptors, accepting pauses and goes on") {
  auto sockets = open_tcp_listeners("127.0.0.1", 0, 1);
  REQUIRE(sockets);
  auto address = tcp_address("127.0.0.1", local_port(sockets->front().get()), Lookup::kNumeric);
  REQUIRE(address);
  Loop loop;
  EchoServer server;
  server.reactor = &loop.reactor();

  // The client's sockets exist before the limit falls to what is open. The kernel takes the limit
  // when an accept is armed.
  std::vector<Descriptor> clients;
  for (int i = 0; i < 3; ++i)
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
  rlimit before;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  Descriptor next(::dup(0));
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next.get());
  next.reset();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  loop.call([&] {
    server.listener = Listener::start(loop.reactor(), std::move(sockets->front()),
                                      Listener::Mode::kOwnSocket, server);
  });
  for (const Descriptor& client : clients) {
    set_limits(client.get());
    ::connect(client.get(), address->get(), address->length);
  }
  const bool refused = eventually([&] { return server.errors > 0; });
  const uint64_t ticks_before = loop.stats().ticks;
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  const uint64_t ticks = loop.stats().ticks - ticks_before;
  ::setrlimit(RLIMIT_NOFILE, &before);

  CHECK(refused);
  CHECK(server.last_error == EMFILE);
  // About one attempt in kRetryMs, instead of spinning.
  CHECK(server.errors <= 6);
  CHECK(ticks < 50);
  for (const Descriptor& client : clients)
    CHECK(echoes(client.get()));
  loop.stop([&] {
    server.listener.reset();
    server.echoes.clear();
  });
}

TEST_CASE("a dropped listener accepts no more") {
  auto sockets = open_tcp_listeners("127.0.0.1", 0, 1);
  REQUIRE(sockets);
  const uint16_t port = local_port(sockets->front().get());
  OneServer one(std::move(sockets->front()), Listener::Mode::kOwnSocket);
  Descriptor client = connect_tcp("127.0.0.1", port);
  CHECK(echoes(client.get()));
  one.loop.call([&] { one.server.listener.reset(); });
  CHECK(eventually([&] { return !connect_tcp("127.0.0.1", port); }));
  CHECK(echoes(client.get()));
}

// --- Several cores ---

class EchoCore : public Application {
 public:
  EchoCore(Descriptor socket, Listener::Mode mode) : socket_(std::move(socket)), mode_(mode) {}

  void on_start(Reactor& reactor) override {
    server.reactor = &reactor;
    server.listener = Listener::start(reactor, std::move(socket_), mode_, server);
    started = true;
  }
  bool on_tick(Time) override { return false; }
  void on_flush() override {}
  bool on_background(Time) override { return false; }
  void on_stop() override {
    server.listener.reset();
    server.echoes.clear();
    server.reactor->finish();
  }

  EchoServer server;
  std::atomic<bool> started{false};

 private:
  Descriptor socket_;
  Listener::Mode mode_;
};

void check_distribution(std::vector<Descriptor> sockets, Listener::Mode mode,
                        const SocketAddress& address) {
  MailboxGrid grid(2);
  auto threads = ReactorThreads::create({}, grid);
  REQUIRE(threads);
  EchoCore first(std::move(sockets[0]), mode);
  EchoCore second(std::move(sockets[1]), mode);
  Application* const applications[] = {&first, &second};
  REQUIRE((*threads)->start(applications));
  REQUIRE(eventually([&] { return first.started && second.started; }));
  std::vector<Descriptor> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(connect_to(address));
    REQUIRE(clients.back());
    // Bursts of ten, between which a busy machine may let the other core have its turn.
    if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  for (const Descriptor& client : clients)
    REQUIRE(echoes(client.get()));
  CHECK(first.server.accepted + second.server.accepted == 200);
  CHECK(first.server.accepted >= 20);
  CHECK(second.server.accepted >= 20);
  (*threads)->request_stop();
  CHECK((*threads)->join());
  for (const Descriptor& client : clients)
    CHECK(at_end(client.get()));
}

TEST_CASE("TCP connections are spread over the cores") {
  auto sockets = open_tcp_listeners("127.0.0.1", 0, 2);
  REQUIRE(sockets);
  auto address = tcp_address("127.0.0.1", local_port(sockets->front().get()), Lookup::kNumeric);
  REQUIRE(address);
  check_distribution(std::move(*sockets), Listener::Mode::kOwnSocket, *address);
}

TEST_CASE("unix connections are spread over the cores") {
  const std::string path = scratch_path("rondo-spread");
  auto socket = open_unix_listener(path, 0700);
  REQUIRE(socket);
  std::vector<Descriptor> sockets;
  sockets.emplace_back(::dup(socket->get()));
  sockets.push_back(std::move(*socket));
  auto address = unix_address(path);
  REQUIRE(address);
  check_distribution(std::move(sockets), Listener::Mode::kSharedSocket, *address);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace rondo
