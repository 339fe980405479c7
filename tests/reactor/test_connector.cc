#include "reactor/connector.h"

#include <memory>
#include <string>

#include "tests/reactor/loop.h"
#include "tests/reactor/sockets.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Outcome : ConnectHandler {
  void on_connected(int fd) override {
    socket = Descriptor(fd);
    if (drop_inside) connector.reset();
    ++calls;
  }
  void on_connect_failed(const Failure& failure) override {
    code = failure.code;
    text = failure.text;
    if (drop_inside) connector.reset();
    ++calls;
  }

  ConnectorPtr connector;
  bool drop_inside = false;
  Descriptor socket;
  int code = 0;
  std::string text;
  std::atomic<int> calls{0};
};

void connect(Loop& loop, const SocketAddress& address, int64_t limit_ms, Outcome& outcome) {
  loop.call([&] {
    auto connector = Connector::start(loop.reactor(), address, limit_ms, outcome);
    REQUIRE(connector);
    outcome.connector = std::move(*connector);
  });
}

TEST_CASE("a connection is made, or refused with the reason") {
  Loop loop;
  for (const bool drop_inside : {false, true}) {
    auto sockets = open_tcp_listeners("127.0.0.1", 0, 1);
    REQUIRE(sockets);
    const uint16_t port = local_port(sockets->front().get());
    auto address = tcp_address("127.0.0.1", port, Lookup::kNumeric);
    REQUIRE(address);
    Outcome good;
    good.drop_inside = drop_inside;
    connect(loop, *address, 5000, good);
    CHECK(eventually([&] { return good.calls == 1; }));
    CHECK(good.socket);
    CHECK(address_text(good.socket.get(), AddressEnd::kPeer) == to_text(*address));

    sockets->clear();
    Outcome bad;
    bad.drop_inside = drop_inside;
    connect(loop, *address, 5000, bad);
    CHECK(eventually([&] { return bad.calls == 1; }));
    CHECK(bad.code == ECONNREFUSED);
    CHECK(bad.text == "can not connect to " + to_text(*address) + ": Connection refused");
    loop.call([&] {
      good.connector.reset();
      bad.connector.reset();
    });
  }
}

// A listener whose backlog is full leaves a connection attempt hanging.
struct FullListener {
  FullListener() {
    ListenOptions options;
    options.backlog = 0;
    auto sockets = open_tcp_listeners("127.0.0.1", 0, 1, options);
    CHECK(sockets);
    socket = std::move(sockets->front());
    const uint16_t port = local_port(socket.get());
    address = *tcp_address("127.0.0.1", port, Lookup::kNumeric);
    for (int i = 0; i < 3; ++i) {
      waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      ::connect(waiting.back().get(), address.get(), address.length);
    }
  }
  Descriptor socket;
  SocketAddress address;
  std::vector<Descriptor> waiting;
};

TEST_CASE("a connection that takes too long is given up") {
  FullListener full;
  Loop loop;
  Outcome outcome;
  connect(loop, full.address, 50, outcome);
  CHECK(eventually([&] { return outcome.calls == 1; }));
  CHECK(outcome.code == ETIMEDOUT);
  loop.call([&] { outcome.connector.reset(); });
}

TEST_CASE("a dropped connector is heard of no more") {
  FullListener full;
  Loop loop;
  Outcome outcome;
  connect(loop, full.address, 50, outcome);
  loop.call([&] { outcome.connector.reset(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  CHECK(outcome.calls == 0);
}

}  // namespace
}  // namespace rondo
