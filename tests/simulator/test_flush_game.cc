// FLUSHALL, FLUSHDB and SWAPDB beside transactions: the rules of the game, and seeds of it.
#include "tests/simulator/flush_game.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Play {
  explicit Play(uint64_t seed, bool locks = true)
      : prng(seed), server(2 + static_cast<int>(prng.below(3)), {}, prng.one_in(2) ? 2 : 1024) {
    if (prng.one_in(2)) server.lend_shards();
    for (int i = 0; i < server.cores() && !locks; ++i)
      server.core(i).admission().ignore_locks_for_test();
    for (int i = 0; i < 8; ++i) {
      clients.push_back(&server.connect(i % server.cores()));
      players.push_back(std::make_unique<FlushPlayer>(board, prng.next()));
    }
    readers.resize(clients.size());
    phases.resize(static_cast<size_t>(server.cores()));
  }

  void run(int steps) {
    for (; now < steps && board.problem().empty(); ++now) {
      const size_t asker = prng.below(clients.size());
      if (players[asker]->expected() == 0) clients[asker]->send(players[asker]->next(now));
      turn_part(static_cast<int>(prng.below(phases.size())));
      if (prng.one_in(50)) server.advance_ms(1);
    }
  }

  // Other cores have parts of their turns in between.
  void turn_part(int core) {
    int& phase = phases[static_cast<size_t>(core)];
    if (phase == 0) server.begin_turn(core);
    if (phase == 1) server.read_clients(core);
    if (phase == 2) {
      server.flush(core);
      receive(core);
    }
    if (phase == 3) {
      server.publish(core);
      if (prng.one_in(4)) server.core(core).background();
    }
    phase = (phase + 1) % 4;
  }

  void receive(int core) {
    for (size_t i = 0; i < clients.size(); ++i) {
      if (clients[i]->core() != core) continue;
      readers[i].feed(clients[i]->take_received());
      RespValue reply;
      while (readers[i].next(reply) == RespReader::Status::kValue)
        players[i]->on_reply(reply, now);
    }
  }

  Prng prng;
  LocalServer server;
  FlushBoard board;
  std::vector<LocalClient*> clients;
  std::vector<std::unique_ptr<FlushPlayer>> players;
  std::vector<RespReader> readers;
  std::vector<int> phases;
  int64_t now = 0;
};

TEST_CASE("flush game: every database is whole or empty, and what was flushed is gone") {
  uint64_t values = 0;
  uint64_t empty = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Play play(seed);
    play.run(10'000);
    CHECK_EQ(play.board.problem(), "");
    values += play.board.seen_values();
    empty += play.board.seen_empty();
  }
  CHECK_GE(values, 200);
  CHECK_GE(empty, 200);
}

TEST_CASE("flush game: without locks the rules are broken") {
  int broken = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Play play(seed, false);
    play.run(10'000);
    if (!play.board.problem().empty() && broken++ == 0) {
      std::printf("flush game without locks: %s\n", play.board.problem().c_str());
    }
  }
  CHECK_GE(broken, 8);
}

TEST_CASE("flush game: what the rules forbid") {
  {
    FlushBoard board;
    const uint64_t value = board.write(1);
    board.saw({value, value}, 0);
    board.written(value, 2);
    const size_t open = board.flush(true, 3);
    board.saw({value, value}, 10);
    board.flushed(open, 11);
    board.saw({value, value}, 11);
    board.saw_all({0, 0}, 12, 13);
    CHECK_EQ(board.problem(), "");
    board.saw({value, value}, 12);
    CHECK_NE(board.problem().find("was seen after a FLUSHALL"), std::string::npos);
  }
  {
    FlushBoard board;
    const uint64_t value = board.write(1);
    board.saw({value, 0}, 2);
    CHECK_NE(board.problem().find("and others at once"), std::string::npos);
  }
  {
    FlushBoard board;
    board.flushed(board.flush(true, 1), 2);
    const uint64_t value = board.write(3);
    board.saw_all({0, 0}, 4, 5);
    board.written(value, 6);
    board.saw_all({0, value}, 7, 8);
    CHECK_EQ(board.problem(), "");
    board.saw_all({0, 0}, 7, 8);
    CHECK_NE(board.problem().find("is lost"), std::string::npos);
  }
}

}  // namespace
}  // namespace rondo
