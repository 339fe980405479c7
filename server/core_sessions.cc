// The sessions of a core: finding one, resuming those that wait, CLIENT PAUSE.
#include <algorithm>

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
  serve_ready();
}

void Core::forget(Session& session) {
  std::replace(resume_.begin(), resume_.end(), &session, static_cast<Session*>(nullptr));
  std::replace(paused_.begin(), paused_.end(), &session, static_cast<Session*>(nullptr));
}

bool Core::paused_for(const Command& row, const Session& session) const {
  if (now_ms() >= pause_until_ms) return false;
  if (!pause_writes_only) return true;
  if (row.name == "exec") return session.multi().writes();
  return (row.flags & (kWrite | kMayReplicate)) != 0;
}

}  // namespace rondo
