#include "server/escalation.h"

#include <algorithm>

#include "server/core.h"
#include "server/transaction.h"

namespace rondo {

Escalations::~Escalations() {
  CHECK(running_.empty());
}

Escalation* Escalations::find(const Session* session) const {
  for (const auto& escalation : running_) {
    if (escalation->session == session) return escalation.get();
  }
  return nullptr;
}

void Escalations::start(int from, const Request& request) {
  Escalation& escalation = *running_.emplace_back(std::make_unique<Escalation>());
  escalation.session = request.address.session;
  escalation.from = from;
  Transaction::start_escalated(core_, escalation, &request);
}

void Escalations::serve_all() {
  // Served by one that is under way, or by this core when that has ended.
  if (find(nullptr)) return;
  Escalation& escalation = *running_.emplace_back(std::make_unique<Escalation>());
  Transaction::start_escalated(core_, escalation, nullptr);
}

void Escalations::follow(const Request& request) {
  find(request.address.session)->followers.add(request);
}

void Escalations::ended(Escalation& escalation) {
  if (core_.admission().parked()) {
    // Until then others follow it, so that they stay behind those that do already.
    escalation.over = true;
    return;
  }
  run_followers(escalation);
}

void Escalations::end_over() {
  while (!core_.admission().parked()) {
    const auto at = std::find_if(running_.begin(), running_.end(),
                                 [](const auto& escalation) { return escalation->over; });
    if (at == running_.end()) return;
    run_followers(**at);
  }
}

void Escalations::run_followers(Escalation& escalation) {
  const auto at = std::find_if(running_.begin(), running_.end(),
                               [&](const auto& one) { return one.get() == &escalation; });
  CHECK(at != running_.end());
  const std::unique_ptr<Escalation> over = std::move(*at);
  running_.erase(at);
  over->followers.for_each([&](Request& request) { core_.execute_late(over->from, request); });
  core_.serve_ready();
}

}  // namespace rondo
