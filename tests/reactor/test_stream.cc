#include "reactor/stream.h"

#include <poll.h>
#include <sys/ioctl.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/reactor/loop.h"
#include "tests/reactor/sockets.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// What older kernels do: without multishot receives, without deferred work.
std::vector<ReactorOptions> all_variants() {
  std::vector<ReactorOptions> variants(3);
  variants[1].ring.use_multishot_receive = false;
  variants[2].ring.use_defer_taskrun = false;
  variants[2].ring.use_message_ring = false;
  return variants;
}

// A reactor with one stream, and the test's end of the connection.
template <class P = Peer>
struct OneStream {
  explicit OneStream(const ReactorOptions& options = {}, bool tcp = true) : loop(options) {
    std::pair<Descriptor, Descriptor> ends = tcp ? tcp_pair() : unix_pair();
    client = std::move(ends.first);
    loop.call([&] { peer = std::make_unique<P>(loop.reactor(), ends.second.release()); });
  }
  ~OneStream() {
    loop.stop([this] { peer.reset(); });
  }

  Loop loop;
  Descriptor client;
  std::unique_ptr<P> peer;
};

TEST_CASE("bytes are echoed, on TCP and unix sockets, whatever the kernel offers") {
  for (const ReactorOptions& options : all_variants()) {
    for (const bool tcp : {true, false}) {
      OneStream<Echo> one(options, tcp);
      for (const size_t size : {1, 100, 16 * 1024, 100'000}) {
        const std::string bytes = pattern(size, size);
        std::thread writer([&] { write_all(one.client.get(), bytes); });
        CHECK(read_exactly(one.client.get(), size) == bytes);
        writer.join();
      }
    }
  }
}

TEST_CASE("a slow reader gets everything, in order, and pushes back") {
  for (const ReactorOptions& options : all_variants()) {
    OneStream<Echo> one(options);
    const int small = 100'000;
    ::setsockopt(one.client.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::setsockopt(one.peer->stream->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    const std::string bytes = pattern(20'000'000);
    std::thread writer([&] { write_all(one.client.get(), bytes); });
    CHECK(eventually([&] { return one.peer->received_bytes > 0; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    // The echo holds no more than the sockets' buffers and one filling of the receive buffers.
    const size_t received = one.peer->received_bytes;
    CHECK(received < 4'000'000);
    CHECK(read_exactly(one.client.get(), bytes.size()) == bytes);
    writer.join();
    CHECK(one.peer->writable_calls > 0);
  }
}

TEST_CASE("a half-closed connection is answered before it ends") {
  const std::string bytes = pattern(3'000'000);
  OneStream<Echo> one;
  std::thread writer([&] {
    write_all(one.client.get(), bytes);
    ::shutdown(one.client.get(), SHUT_WR);
  });
  CHECK(read_exactly(one.client.get(), bytes.size()) == bytes);
  CHECK(at_end(one.client.get()));
  writer.join();
  CHECK(one.peer->closed_calls == 1);
  CHECK(one.peer->closed_with == 0);
}

TEST_CASE("send takes many pieces and says how much the kernel took") {
  const std::string bytes = pattern(3000);
  OneStream<> one;
  one.loop.call([&] {
    std::vector<iovec> pieces;
    for (const char& byte : bytes) {
      pieces.push_back({const_cast<char*>(&byte), 1});
    }
    CHECK(one.peer->stream->send(pieces) == bytes.size());
    CHECK(!one.peer->stream->blocked());
  });
  CHECK(read_exactly(one.client.get(), bytes.size()) == bytes);
}

TEST_CASE("on_writable follows a send that took less than all") {
  const std::string bytes = pattern(30'000'000);
  size_t sent = 0;
  OneStream<> one;
  one.loop.call([&] {
    auto send = [&] { sent += one.peer->stream->send(std::string_view(bytes).substr(sent)); };
    one.peer->writable = send;
    send();
    CHECK(sent < bytes.size());
    CHECK(one.peer->stream->blocked());
    CHECK(one.peer->stream->send("more") == 0);
  });
  CHECK(read_exactly(one.client.get(), bytes.size()) == bytes);
  CHECK(eventually([&] {
    bool blocked = true;
    one.loop.call([&] { blocked = one.peer->stream->blocked(); });
    return !blocked;
  }));
}

TEST_CASE("closing while a send is blocked, and in every callback") {
  SUBCASE("outside a callback") {
    const std::string bytes = pattern(30'000'000);
    OneStream<> one;
    one.loop.call([&] {
      CHECK(one.peer->stream->send(bytes) < bytes.size());
      one.peer.reset();
    });
    CHECK(read_exactly(one.client.get(), bytes.size()).size() < bytes.size());
  }
  SUBCASE("in on_data") {
    OneStream<> one;
    one.loop.call([&] { one.peer->data = [&](std::string_view) { one.peer->stream.reset(); }; });
    write_all(one.client.get(), "x");
    CHECK(at_end(one.client.get()));
  }
  SUBCASE("in on_data, with a receive into a block under way") {
    auto block = std::make_unique<char[]>(1000);
    OneStream<> one;
    one.loop.call([&] {
      one.peer->data = [&](std::string_view) {
        one.peer->stream->read_into(block.get(), 1000);
        one.peer->stream.reset();
        block.reset();
      };
    });
    write_all(one.client.get(), "x");
    write_all(one.client.get(), "yyyy");
    // The second write may have come too late, which resets the connection.
    CHECK(read_exactly(one.client.get(), 1).empty());
    one.loop.call([&] { CHECK(!block); });
  }
  SUBCASE("in on_direct_read") {
    char block[3];
    OneStream<> one;
    one.loop.call([&] {
      one.peer->direct = [&](size_t) { one.peer->stream.reset(); };
      one.peer->stream->read_into(block, 3);
    });
    write_all(one.client.get(), "abc");
    CHECK(at_end(one.client.get()));
    one.loop.call([&] { CHECK(std::string_view(block, 3) == "abc"); });
  }
  SUBCASE("in on_writable") {
    const std::string bytes = pattern(30'000'000);
    OneStream<> one;
    one.loop.call([&] {
      one.peer->writable = [&] { one.peer->stream.reset(); };
      CHECK(one.peer->stream->send(bytes) < bytes.size());
    });
    CHECK(read_exactly(one.client.get(), bytes.size()).size() < bytes.size());
  }
  SUBCASE("in on_closed") {
    OneStream<> one;
    one.loop.call([&] { one.peer->closed = [&](int) { one.peer->stream.reset(); }; });
    ::shutdown(one.client.get(), SHUT_WR);
    CHECK(at_end(one.client.get()));
  }
}

// When the kernel takes what is unread just before the socket is closed, in one of about a hundred
// rounds, nothing else would tell the peer.
TEST_CASE("a peer that waits for room to send hears at once of the end") {
  const std::vector<ReactorOptions> variants = all_variants();
  for (size_t round = 0; round < 120; ++round) {
    OneStream<> one(variants[round % variants.size()]);
    one.loop.call([&] {
      one.peer->data = [&](std::string_view) {
        if (one.peer->received_bytes > 1'000'000) one.peer->stream.reset();
      };
    });
    const std::string block = pattern(64 * 1024);
    const int client = one.client.get();
    pollfd room{client, POLLOUT, 0};
    while (::poll(&room, 1, 10'000) == 1 && (room.revents & (POLLERR | POLLHUP)) == 0)
      ::send(client, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    CHECK((room.revents & (POLLERR | POLLHUP)) != 0);
  }
}

TEST_CASE("a reset is reported with its error, and later sends vanish") {
  for (const ReactorOptions& options : all_variants()) {
    OneStream<> one(options);
    const linger at_once{1, 0};
    ::setsockopt(one.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    one.client.reset();
    CHECK(eventually([&] { return one.peer->closed_with == ECONNRESET; }));
    one.loop.call([&] { CHECK(one.peer->stream->send("gone") == 4); });
    CHECK(one.peer->closed_calls == 1);
  }
}

TEST_CASE("a failing send is reported later, also while reading is paused") {
  OneStream<> one;
  one.loop.call([&] { one.peer->stream->pause_reading(); });
  const linger at_once{1, 0};
  ::setsockopt(one.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  one.client.reset();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  one.loop.call([&] {
    CHECK(one.peer->stream->send("lost") == 4);
    CHECK(one.peer->stream->send("lost") == 4);
  });
  CHECK(eventually([&] { return one.peer->closed_with > 0; }));
  CHECK(one.peer->closed_calls == 1);
}

TEST_CASE("pausing stops the flow, resuming brings the rest") {
  for (const ReactorOptions& options : all_variants()) {
    OneStream<> one(options);
    one.loop.call([&] { one.peer->stream->pause_reading(); });
    // Give the cancellation its tick.
    one.loop.call([] {});
    write_all(one.client.get(), "first");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(one.peer->received_bytes == 0);
    one.loop.call([&] {
      one.peer->stream->resume_reading();
      one.peer->stream->pause_reading();
      one.peer->stream->resume_reading();
    });
    CHECK(eventually([&] { return one.peer->received_bytes == 5; }));
  }
}

// Frames of a 4-byte length and as many bytes; large ones are read into place. The client sends
// them all at once, so payloads arrive in buffers before the receive has stopped.
class Framed : public Peer {
 public:
  Framed(Reactor& reactor, int fd) : Peer(reactor, fd) {
    data = [this](std::string_view bytes) {
      pending_.append(bytes);
      parse();
    };
    direct = [this](size_t) {
      frames.push_back(std::move(block_));
      parse();
    };
  }

  std::vector<std::string> frames;

 private:
  void parse() {
    while (pending_.size() >= 4) {
      uint32_t size;
      pending_.copy(reinterpret_cast<char*>(&size), 4);
      if (pending_.size() - 4 >= size) {
        frames.push_back(pending_.substr(4, size));
        pending_.erase(0, 4 + size);
        continue;
      }
      if (size < 1000) return;
      block_ = pending_.substr(4);
      const size_t have = block_.size();
      block_.resize(size);
      pending_.clear();
      stream->read_into(block_.data() + have, size - have);
      return;
    }
  }

  std::string pending_;
  std::string block_;
};

TEST_CASE("large payloads are read into place, between small ones") {
  for (const ReactorOptions& options : all_variants()) {
    OneStream<Framed> one(options);
    std::vector<std::string> sent;
    std::string bytes;
    for (const size_t size : {5, 2'000'000, 0, 999, 50'000, 50'001, 5'000'000, 1, 16'384, 1}) {
      sent.push_back(pattern(size, size + 1));
      const uint32_t length = static_cast<uint32_t>(size);
      bytes.append(reinterpret_cast<const char*>(&length), 4);
      bytes += sent.back();
    }
    CHECK(write_all(one.client.get(), bytes));
    CHECK(eventually([&] {
      size_t count = 0;
      one.loop.call([&] { count = one.peer->frames.size(); });
      return count == sent.size();
    }));
    CHECK(one.peer->direct_bytes > 0);
    one.loop.call([&] { CHECK((one.peer->frames == sent)); });
  }
}

TEST_CASE("a peer that ends in the middle of a direct read") {
  std::string block(1000, '\0');
  OneStream<> one;
  one.loop.call([&] { one.peer->stream->read_into(block.data(), block.size()); });
  write_all(one.client.get(), "only a part");
  ::shutdown(one.client.get(), SHUT_WR);
  CHECK(eventually([&] { return one.peer->closed_with == 0; }));
  CHECK(one.peer->direct_bytes == 0);
}

TEST_CASE("many connections share few buffers") {
  for (ReactorOptions options : all_variants()) {
    options.buffers = {4, 512};
    Loop loop(options);
    constexpr size_t kConnections = 100;
    std::vector<std::unique_ptr<Echo>> echoes;
    std::vector<Descriptor> clients;
    for (size_t i = 0; i < kConnections; ++i) {
      std::pair<Descriptor, Descriptor> ends = tcp_pair();
      clients.push_back(std::move(ends.first));
      loop.call(
          [&] { echoes.push_back(std::make_unique<Echo>(loop.reactor(), ends.second.release())); });
    }
    // While the reactor is held up, every socket becomes readable.
    loop.call([&] {
      for (size_t i = 0; i < kConnections; ++i) {
        write_all(clients[i].get(), pattern(3000, i));
      }
    });
    for (size_t i = 0; i < kConnections; ++i) {
      REQUIRE(read_exactly(clients[i].get(), 3000) == pattern(3000, i));
    }
    // They take turns: if all tried in every tick, it would be some thousands.
    const uint64_t shortages = loop.stats().buffer_shortages;
    CHECK(shortages > 0);
    CHECK(shortages < 15 * kConnections);
    loop.stop([&] { echoes.clear(); });
  }
}

TEST_CASE("a graceful close delivers the last reply in spite of unread bytes") {
  const std::string reply = pattern(100'000);
  OneStream<> one;
  one.loop.call([&] {
    one.peer->data = [&](std::string_view) {
      CHECK(one.peer->stream->send(reply) == reply.size());
      Stream::close_gracefully(std::move(one.peer->stream));
    };
  });
  const std::string request = pattern(5'000'000);
  // A plain close would reset the connection while this is still being written.
  CHECK(write_all(one.client.get(), request));
  CHECK(read_exactly(one.client.get(), reply.size()) == reply);
  CHECK(at_end(one.client.get()));
}

TEST_CASE("a graceful close ends at its limit, and at the end of the reactor") {
  OneStream<> one;
  one.loop.call([&] { Stream::close_gracefully(std::move(one.peer->stream), 30); });
  CHECK(at_end(one.client.get()));
  CHECK(eventually([&] { return !write_all(one.client.get(), "x"); }));

  ReactorOptions options;
  options.finish_ms = 50;
  OneStream<> other(options);
  other.loop.stop([&] { Stream::close_gracefully(std::move(other.peer->stream), 60'000); });
  CHECK(at_end(other.client.get()));
}

TEST_CASE("addresses") {
  OneStream<> one;
  one.loop.call([&] {
    CHECK(one.peer->stream->peer_address() == address_text(one.client.get(), AddressEnd::kLocal));
    CHECK(one.peer->stream->local_address() == address_text(one.client.get(), AddressEnd::kPeer));
    CHECK(one.peer->stream->peer_address().starts_with("127.0.0.1:"));
  });
  OneStream<> local({}, false);
  local.loop.call([&] { CHECK(local.peer->stream->peer_address().empty()); });
}

}  // namespace
}  // namespace rondo
