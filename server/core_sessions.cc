// The sessions of a core: finding one, resuming those that wait, what a tick does for each of them,
// CLIENT PAUSE.
#include <algorithm>
#include <utility>

#include "server/core.h"

namespace rondo {

Session* Core::find_session(uint64_t id) {
  Session* found = nullptr;
  sessions_.for_each([&](Session& session) {
    if (session.id() == id) found = &session;
  });
  return found;
}

void Core::resume_later(Session& session) {
  if (session.resume_queued_) return;
  session.resume_queued_ = true;
  resume_.push_back(&session);
}

void Core::resume_next_tick(Session& session) {
  if (session.resume_queued_) return;
  session.resume_queued_ = true;
  yielded_.push_back(&session);
}

void Core::resume_sessions() {
  // Only those that are there now. One that ends meanwhile takes itself off the list and leaves a
  // gap, and who has to wait again goes to the end.
  const size_t count = resume_.size();
  size_t done = 0;
  while (done < count) {
    Session* session = std::exchange(resume_[done++], nullptr);
    if (!session) continue;
    session->resume_queued_ = false;
    session->resume();
    if (share_over()) break;
  }
  const auto begin = resume_.begin();
  yielded_.insert(yielded_.end(), begin + static_cast<long>(done),
                  begin + static_cast<long>(count));
  resume_.erase(begin, begin + static_cast<long>(count));
}

void Core::resume_after_pause(Session& session) {
  paused_.push_back(&session);
}

size_t Core::paused_sessions() const {
  return paused_.size() - static_cast<size_t>(std::count(paused_.begin(), paused_.end(), nullptr));
}

void Core::check_pause() {
  if (pause_until_ms != 0 && now_ms() >= pause_until_ms) end_pause();
}

void Core::end_pause() {
  pause_until_ms = 0;
  for (Session* session : paused_) {
    if (session) resume_later(*session);
  }
  paused_.clear();
  blocking_.resume_after_pause();
}

void Core::limit_shares(int64_t us) {
  share_limit_cycles_ = static_cast<uint64_t>(static_cast<double>(us) * cycles_per_us());
  config_changed();
}

void Core::begin_share() {
  if (share_limit_cycles_ == UINT64_MAX) return;
  share_from_ = read_cycles();
  share_cycles_ = share_limit_cycles_;
}

void Session::wait_to_resume(bool until_idle) {
  waiting_ = true;
  waits_for_idle_ = until_idle;
}

void Session::yield() {
  if (stalled() || capture_ || !connected_) return;
  wait_to_resume(false);
  core_.resume_next_tick(*this);
}

void Core::forget(Session& session) {
  for (std::vector<Session*>* list : {&resume_, &yielded_, &paused_}) {
    std::replace(list->begin(), list->end(), &session, static_cast<Session*>(nullptr));
  }
}

bool Core::paused_for(const Command& row, const Session& session) const {
  if (now_ms() >= pause_until_ms) return false;
  if (!pause_writes_only) return true;
  if (row.name == "exec") return session.multi().writes();
  return (row.flags & (kWrite | kMayReplicate)) != 0;
}

}  // namespace rondo
