// Actor: one client of a simulated server, with what decides about its requests.
#pragma once

#include <memory>

#include "protocol/resp_reader.h"
#include "tests/server/local_server.h"
#include "tests/simulator/disturbance.h"
#include "tests/simulator/pause_guard.h"
#include "tests/simulator/queue_game.h"
#include "tests/simulator/workload.h"

namespace rondo {

struct Actor {
  LocalClient* client = nullptr;
  std::unique_ptr<HistoryProcess> process;  // One of these four.
  std::unique_ptr<Disturbance> disturbance;
  std::unique_ptr<QueuePlayer> player;
  std::unique_ptr<PauseGuard> guard;
  RespReader reader;
  bool dead = false;

  size_t expected() const {
    return process  ? process->expected()
           : player ? player->expected()
           : guard  ? guard->expected()
                    : disturbance->expected();
  }
};

}  // namespace rondo
