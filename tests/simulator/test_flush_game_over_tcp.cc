// FLUSHALL, FLUSHDB and SWAPDB beside transactions, by the rules of the game, against the real
// program with threads. One thread plays all clients: what it has sent to several of them is under
// way at once.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "reactor/base/clock.h"
#include "tests/simulator/flush_game.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"
#include "tools/client/client.h"

namespace rondo {
namespace {

constexpr int kClients = 12;
constexpr int64_t kSteps = 12'000;

struct Seat {
  Seat(const ServerProcess& server, FlushBoard& board, uint64_t seed)
      : connection(server.connect()), player(board, seed) {}

  client::Client connection;
  FlushPlayer player;
};

void play(int threads) {
  CAPTURE(threads);
  ServerProcess server(threads);
  const auto seed = static_cast<uint64_t>(read_unix_us());
  CAPTURE(seed);
  Prng prng(seed);
  FlushBoard board;
  std::vector<std::unique_ptr<Seat>> seats;
  for (int i = 0; i < kClients; ++i)
    seats.push_back(std::make_unique<Seat>(server, board, prng.next()));
  const auto receive = [](Seat& seat, int64_t now) {
    auto reply = seat.connection.read();
    REQUIRE(reply);
    seat.player.on_reply(*reply, now);
  };
  int64_t now = 0;
  for (; now < kSteps && board.problem().empty(); ++now) {
    Seat& seat = *seats[prng.below(seats.size())];
    if (seat.player.expected() == 0) {
      REQUIRE(seat.connection.send(seat.player.next(now)));
    } else {
      receive(seat, now);
    }
  }
  for (const auto& seat : seats) {
    while (seat->player.expected() != 0)
      receive(*seat, now);
  }
  CHECK_EQ(board.problem(), "");
  CHECK_GE(board.seen_values(), 500);
  CHECK_GE(board.seen_empty(), 100);
  std::printf("flush game over TCP: %d threads: %llu databases with values, %llu empty\n", threads,
              static_cast<unsigned long long>(board.seen_values()),
              static_cast<unsigned long long>(board.seen_empty()));
}

TEST_CASE("the real program's databases are whole or empty, and what was flushed is gone") {
  for (const int threads : {2, 3})
    play(threads);
}

}  // namespace
}  // namespace rondo
