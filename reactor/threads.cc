#include "reactor/threads.h"

#include <string>

#include "reactor/cpu.h"

namespace rondo {

Result<std::unique_ptr<ReactorThreads>> ReactorThreads::create(const ReactorOptions& options,
                                                               MailboxGrid& grid) {
  std::unique_ptr<ReactorThreads> threads(new ReactorThreads());
  const std::vector<int> allowed = allowed_cpus();
  const std::vector<int> cpus = choose_cpus(grid.cores(), allowed, online_cpus());
  for (int core = 0; core < grid.cores(); ++core) {
    ReactorOptions own = options;
    own.cpu = cpus[static_cast<size_t>(core)];
    if (oversubscribed(grid.cores(), allowed)) own.spin_us_max = 0;
    auto reactor = Reactor::create(own, grid, core);
    if (!reactor) return reactor.failure();
    threads->reactors_.push_back(std::move(*reactor));
  }
  return threads;
}

ReactorThreads::~ReactorThreads() {
  request_stop();
  static_cast<void>(join());
}

Status ReactorThreads::start(std::span<Application* const> applications) {
  CHECK(applications.size() == reactors_.size());
  CHECK(seats_.empty());
  seats_.resize(reactors_.size());
  for (size_t i = 0; i < seats_.size(); ++i) {
    Seat& seat = seats_[i];
    seat.all = this;
    seat.reactor = reactors_[i].get();
    seat.application = applications[i];
    const int error = pthread_create(&seat.thread, nullptr, &ReactorThreads::run, &seat);
    if (error != 0) {
      request_stop();
      return Failure::from_errno("a thread can not be started", error);
    }
    seat.started = true;
    const std::string name = "rondo-" + std::to_string(i);
    pthread_setname_np(seat.thread, name.c_str());
  }
  return Done{};
}

void* ReactorThreads::run(void* argument) {
  Seat& seat = *static_cast<Seat*>(argument);
  seat.outcome = seat.reactor->run(*seat.application);
  if (!seat.outcome) seat.all->request_stop();
  return nullptr;
}

void ReactorThreads::request_stop() {
  for (auto& reactor : reactors_)
    reactor->request_stop();
}

Status ReactorThreads::join() {
  Status outcome = Done{};
  for (Seat& seat : seats_) {
    if (seat.started) CHECK(pthread_join(seat.thread, nullptr) == 0);
    seat.started = false;
    if (outcome && !seat.outcome) outcome = seat.outcome;
  }
  return outcome;
}

}  // namespace rondo
