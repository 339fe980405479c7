#include "tests/simulator/simulator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/base/prng.h"
#include "tests/simulator/actor.h"

namespace rondo {

namespace {

// Steps that all outstanding requests may take to be answered once nothing new is asked.
constexpr int64_t kDrainStepsMax = 2'000'000;

uint64_t running_seed = 0;

// A failed CHECK ends the process; the seed must still be known.
void on_abort(int) {
  char text[64];
  const auto end = fmt::format_to_n(text, sizeof(text), "simulator: seed {}\n", running_seed);
  static_cast<void>(!::write(STDERR_FILENO, text, std::min(end.size, sizeof(text))));
}

class Simulation {
 public:
  explicit Simulation(const SimulatorOptions& options) : options_(options), prng_(options.seed) {
    decide();
    server_ = std::make_unique<LocalServer>(cores_, config_, mailbox_capacity_);
    server_->server().seed = options.seed;
    if (lends_) server_->lend_shards();
    for (int i = 0; yields_ && i < cores_; ++i)
      server_->core(i).limit_shares(0);
    workload_.strict_order = config_.strict_pipeline_order;
    workload_.shard_of = [this](std::string_view key) { return server_->shard_of(key); };
    phases_.resize(static_cast<size_t>(cores_));
    stalled_until_.resize(static_cast<size_t>(cores_));
    if (!options_.wake_ups) {
      for (int i = 0; i < cores_; ++i)
        server_->core(i).shard().waiters().ignore_effects_for_test();
    }
    if (!options_.locks) {
      for (int i = 0; i < cores_; ++i)
        server_->core(i).admission().ignore_locks_for_test();
    }
  }

  SimulatorResult run() {
    LocalClient& first = server_->connect(0);
    first.send(Disturbance::preparation());
    server_->pump();
    CHECK(first.take_received() == "+OK\r\n");
    for (int i = 0; i < clients_; ++i)
      add_actor(true);
    if (options_.disturb) {
      for (int i = 0; i < 1 + clients_ / 3; ++i)
        add_actor(false);
    }
    if (options_.queues) {
      for (int i = 0; i < 3 + clients_ / 2; ++i)
        add_player();
    }
    if (guarded_) add_guard();
    while (asked_ < options_.operations)
      step(true);
    drain();
    if (result_.problem.empty()) read_everything();
    if (result_.problem.empty() && options_.queues) end_queues();
    finish();
    return std::move(result_);
  }

 private:
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[prng_.below(values.size())];
  }

  void decide() {
    cores_ = options_.cores != 0 ? options_.cores : one_of({1, 2, 2, 3, 3, 4});
    clients_ = options_.clients != 0 ? options_.clients : 2 + static_cast<int>(prng_.below(9));
    mailbox_capacity_ = one_of<size_t>({1, 2, 4, 16, 1024});
    if (options_.mailbox_capacity != 0) mailbox_capacity_ = options_.mailbox_capacity;
    config_.strict_pipeline_order = prng_.one_in(3);
    if (options_.strict_order) config_.strict_pipeline_order = *options_.strict_order;
    workload_.pipeline_max = one_of({1, 2, 8});
    workload_.lists = one_of({2, 4, 8});
    workload_.spanning = !prng_.one_in(4);
    workload_.kinds = one_of<const char*>({"larcq", "larcq", "a", "q", "arq"});
    if (!options_.kinds.empty()) workload_.kinds = options_.kinds;
    queues_ = one_of({1, 2, 4});
    stall_one_in_ = one_of<uint64_t>({50, 500, 5000});
    late_one_in_ = one_of<uint64_t>({2, 10, 1000});
    lends_ = prng_.one_in(2);
    yields_ = prng_.one_in(3);
    guarded_ = options_.disturb && prng_.one_in(2);
    result_.configuration = fmt::format(
        "cores {}, clients {}, mailbox {}, strict {}, pipeline {}, kinds {}, lists {}, "
        "lends {}, yields {}",
        cores_, clients_, mailbox_capacity_, config_.strict_pipeline_order, workload_.pipeline_max,
        workload_.kinds, workload_.lists, lends_, yields_);
  }

  void add_actor(bool with_history) {
    Actor& actor = *actors_.emplace_back(std::make_unique<Actor>());
    const auto core = static_cast<int>(prng_.below(static_cast<uint64_t>(cores_)));
    actor.client = &server_->connect(core);
    actor.client->read_bytes_max = one_of<size_t>({0, 0, 1, 7, 100, 5000});
    actor.client->reads_direct = prng_.one_in(2);
    if (with_history) {
      actor.process = std::make_unique<HistoryProcess>(workload_, next_client_++, prng_.next());
    } else {
      actor.client->read_bytes_max = one_of<size_t>({0, 1000, 30'000});
      actor.disturbance = std::make_unique<Disturbance>(prng_.next(), !guarded_);
    }
  }

  void add_player() {
    Actor& actor = *actors_.emplace_back(std::make_unique<Actor>());
    actor.client = &server_->connect(static_cast<int>(prng_.below(static_cast<uint64_t>(cores_))));
    actor.player = std::make_unique<QueuePlayer>(board_, queues_, prng_.next());
  }

  void add_guard() {
    guard_ = actors_.emplace_back(std::make_unique<Actor>()).get();
    guard_->client =
        &server_->connect(static_cast<int>(prng_.below(static_cast<uint64_t>(cores_))));
    guard_->guard = std::make_unique<PauseGuard>(prng_.next());
  }

  PauseGuard::Sight sight() {
    PauseGuard::Sight sight{0, 0, 0, INT64_MAX, server_->now().unix_ms()};
    for (int i = 0; i < cores_; ++i) {
      const ShardStats& stats = server_->core(i).shard().stats();
      sight.mutations += stats.mutations;
      sight.reads += stats.hits + stats.misses;
      sight.expired += stats.expired;
      sight.earliest_ms = std::min(sight.earliest_ms, server_->core(i).now_ms());
    }
    return sight;
  }

  void step(bool asking) {
    small_step(asking);
    if (!guard_) return;
    guard_->guard->check(sight());
    note_problem(guard_->guard->problem());
  }

  // One small thing happens somewhere.
  void small_step(bool asking) {
    ++now_;
    if (prng_.one_in(20)) server_->advance_ms(static_cast<int64_t>(prng_.below(4)));
    if (prng_.one_in(20'000)) server_->advance_ms(3'600'000);
    if (asking && prng_.one_in(3)) ask(*actors_[prng_.below(actors_.size())]);
    const auto core = static_cast<int>(prng_.below(static_cast<uint64_t>(cores_)));
    const auto at = static_cast<size_t>(core);
    if (now_ < stalled_until_[at]) return;
    if (prng_.one_in(stall_one_in_)) return stall(core, 300);
    turn_part(core);
  }

  void stall(int core, uint64_t steps_max) {
    stalled_until_[static_cast<size_t>(core)] = now_ + static_cast<int64_t>(prng_.below(steps_max));
  }

  // The next part of a core's turn; other cores have theirs in between.
  void turn_part(int core) {
    int& phase = phases_[static_cast<size_t>(core)];
    switch (phase) {
      case 0:
        server_->begin_turn(core);
        phase = 1;
        return;
      case 1:
        for (const auto& actor : actors_) {
          if (actor->client->core() == core && prng_.one_in(2)) actor->client->read_input();
        }
        if (options_.deaths && prng_.one_in(1000)) kill_someone(core);
        if (prng_.one_in(2)) phase = 2;
        return;
      case 2:
        server_->flush(core);
        receive(core);
        phase = 3;
        // Answers are out, and what goes to other cores is late.
        if (prng_.one_in(late_one_in_)) stall(core, 100);
        return;
      default:
        server_->publish(core);
        if (prng_.one_in(4)) server_->core(core).background();
        phase = 0;
        return;
    }
  }

  void ask(Actor& actor) {
    if (actor.dead || actor.expected() != 0) return;
    if (actor.process) {
      const size_t before = actor.process->history().operations.size();
      actor.client->send(actor.process->next(now_));
      asked_ += actor.process->history().operations.size() - before;
    } else if (actor.player) {
      actor.client->send(actor.player->next(now_));
    } else if (actor.guard) {
      actor.client->send(actor.guard->next(sight()));
    } else {
      actor.client->send(actor.disturbance->next());
    }
  }

  void receive(int core) {
    for (const auto& actor : actors_) {
      if (actor->dead || actor->client->core() != core) continue;
      actor->reader.feed(actor->client->take_received());
      RespValue reply;
      while (actor->reader.next(reply) == RespReader::Status::kValue) {
        if (actor->expected() == 0) {
          note_problem("a reply came that nobody asked for");
        } else if (actor->process) {
          actor->process->on_reply(reply, now_);
          note_problem(actor->process->problem());
        } else if (actor->player) {
          actor->player->on_reply(reply, now_);
          note_problem(board_.problem());
        } else if (actor->guard) {
          actor->guard->on_reply(reply, sight());
        } else {
          actor->disturbance->on_reply(reply);
          note_problem(actor->disturbance->problem());
        }
      }
      if (actor->player && actor->client->connected() &&
          actor->client->session().waits_for_keys()) {
        actor->player->seen_waiting(now_);
      }
      if (!actor->client->connected()) note_problem("the server closed a connection");
    }
  }

  void note_problem(const std::string& problem) {
    if (result_.problem.empty()) result_.problem = problem;
  }

  void kill_someone(int core) {
    for (size_t i = 0; i < actors_.size(); ++i) {
      Actor& actor = *actors_[i];
      if (actor.dead || actor.guard || actor.client->core() != core || !prng_.one_in(2)) continue;
      actor.dead = true;
      actor.client->disconnect();
      if (actor.player) {
        actor.player->died();
        add_player();
        return;
      }
      add_actor(actor.process != nullptr);
      return;
    }
  }

  void drain() {
    const auto waiting = [this] {
      return std::any_of(actors_.begin(), actors_.end(), [](const auto& actor) {
        // Some players wait for ever.
        return !actor->dead && !actor->player && actor->expected() != 0;
      });
    };
    for (const int64_t until = now_ + kDrainStepsMax; waiting();) {
      step(false);
      if (now_ >= until) return note_problem("a request was never answered");
    }
  }

  // Behind one that ends, another one may have waited.
  void end_pauses() {
    for (bool paused = true; paused;) {
      server_->advance_ms(60'000);
      for (int core = 0; core < cores_; ++core)
        server_->turn(core);
      server_->pump();
      paused = false;
      for (int core = 0; core < cores_; ++core)
        paused = paused || server_->core(core).pause_until_ms != 0;
    }
  }

  void read_everything() {
    for (int core = 0; core < cores_; ++core) {
      while (phases_[static_cast<size_t>(core)] != 0)
        turn_part(core);
    }
    end_pauses();
    Actor& last = *actors_.emplace_back(std::make_unique<Actor>());
    last.client = &server_->connect(0);
    last.process = std::make_unique<HistoryProcess>(workload_, next_client_++, 0);
    last.client->send(last.process->read_everything(++now_));
    server_->pump();
    ++now_;
    receive(0);
    if (last.process->expected() != 0) note_problem("the last read was not answered");
  }

  // Everything else is over: who waits now waits for ever, and for lists that are empty.
  void end_queues() {
    for (int i = 0; i < cores_; ++i)
      server_->turn(i);
    server_->pump();
    ++now_;
    for (int i = 0; i < cores_; ++i)
      receive(i);
    std::vector<size_t> waiting;
    for (const auto& actor : actors_) {
      if (!actor->player || actor->dead || actor->expected() == 0) continue;
      if (!actor->client->session().waits_for_keys()) return note_problem("a pop has no answer");
      if (actor->player->pops()) waiting.push_back(actor->player->pop_number());
    }
    std::map<std::string, std::vector<uint64_t>> lists;
    LocalClient& reader = server_->connect(0);
    for (int i = 0; i < queues_; ++i) {
      const std::string name = QueuePlayer::list_name(i);
      RespReader replies;
      replies.feed(reader.run_args({"LRANGE", name, "0", "-1"}));
      RespValue reply;
      CHECK(replies.next(reply) == RespReader::Status::kValue);
      for (const RespValue& element : reply.elements)
        lists[name].push_back(std::stoull(element.text));
    }
    board_.check_end(lists, waiting);
    note_problem(board_.problem());
    result_.served_waiting = board_.served_waiting();
  }

  void finish() {
    for (const auto& actor : actors_) {
      if (!actor->process) continue;
      result_.history.append(actor->process->history());
      result_.history.complete |= actor->process->history().complete;
      result_.slowest = std::max(result_.slowest, actor->process->slowest());
    }
    result_.steps = now_;
    if (guard_) result_.paused_steps = guard_->guard->checked();
    for (int i = 0; i < cores_; ++i) {
      result_.transactions += server_->core(i).stats().transactions;
      result_.retries += server_->core(i).stats().transaction_retries;
      result_.deferred += server_->core(i).stats().deferred;
    }
    if (result_.problem.empty()) result_.verdict = check_history(result_.history);
    server_.reset();  // Checks that nothing is held.
  }

  const SimulatorOptions options_;
  Prng prng_;
  SimulatorResult result_;
  Config config_;
  int cores_ = 1;
  int clients_ = 1;
  size_t mailbox_capacity_ = 0;
  uint64_t stall_one_in_ = 1;
  uint64_t late_one_in_ = 1;
  bool guarded_ = false;
  Actor* guard_ = nullptr;
  bool lends_ = false;   // Cores lend their shards between their turns.
  bool yields_ = false;  // Ticks take up as little work as possible.
  int queues_ = 1;
  WorkloadOptions workload_;
  QueueBoard board_;
  std::unique_ptr<LocalServer> server_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<int> phases_;
  std::vector<int64_t> stalled_until_;
  int next_client_ = 0;
  int64_t now_ = 0;
  size_t asked_ = 0;
};

}  // namespace

SimulatorResult simulate(const SimulatorOptions& options) {
  running_seed = options.seed;
  std::signal(SIGABRT, on_abort);
  return Simulation(options).run();
}

std::string describe_failure(const SimulatorOptions& options, const SimulatorResult& result) {
  return fmt::format("seed {} ({}) after {} steps: {}\n{}repeat it with simulate --seed {}\n",
                     options.seed, result.configuration, result.steps,
                     result.problem.empty() ? result.verdict.anomaly : result.problem,
                     result.verdict.report, options.seed);
}

}  // namespace rondo
