// A session's replies on their way to its client, and when they are too much for it.
#include "server/commands/client_list.h"
#include "server/core.h"
#include "server/logger.h"
#include "server/session.h"

namespace rondo {

namespace {

// The place in line of a reply that a ReplyCapture takes.
constexpr uint64_t kCaptured = UINT64_MAX;

}  // namespace

uint64_t Session::open_reply() {
  if (capture_) return kCaptured;
  const bool discard = reply_mode == ReplyMode::kOff || reply_mode == ReplyMode::kSkipThis;
  ordered_replies_end_ = replies_.opened() + 1;
  return replies_.open(discard);
}

uint64_t Session::open_publish_reply() {
  const uint64_t ordered = ordered_replies_end_;
  const uint64_t sequence = open_reply();
  ordered_replies_end_ = ordered;
  return sequence;
}

void Session::answer(uint64_t sequence, OutBuffer&& reply) {
  if (sequence == kCaptured) {
    capture_->captured(std::move(reply));
    return;
  }
  replies_.answer(sequence, std::move(reply), output_);
  answered();
}

void Session::answer_cut(uint64_t sequence) {
  const bool discarded = replies_.discards(sequence);
  replies_.answer(sequence, OutBuffer(), output_);
  if (!discarded && connected_) exceed_output_limit();
  answered();
}

void Session::answered() {
  if (!connected_) {
    output_.clear();
    finish_if_idle();
    return;
  }
  notify();
  check_output_limit();
  if (waiting_ && !blocked_ && (waits_for_idle_ ? replies_.idle() : !replies_.full())) {
    core_.resume_later(*this);
  }
}

void Session::release_pushes() {
  const std::unique_ptr<OutBuffer> kept = std::move(kept_pushes_);
  if (kept) push(*kept);
}

// What the buffers may hold, as the configuration and the class of the client say now.
void Session::set_output_limit() {
  const size_t bytes = core_.config().output_bytes_max(client_class());
  output_.set_limit(bytes);
  replies_.set_limit(bytes);
}

// client-output-buffer-limit: the hard limit ends the client at once, the soft one when it was
// exceeded for that many seconds without a break.
void Session::check_output_limit() {
  const auto held = static_cast<int64_t>(output_.footprint() + replies_.footprint());
  const OutputLimit& limit = core_.config().output_limit(client_class());
  const bool soft = limit.soft != 0 && held > limit.soft;
  if (!soft) {
    soft_limit_since_ms_ = 0;
  } else if (soft_limit_since_ms_ == 0) {
    soft_limit_since_ms_ = core_.now_ms();
  }
  const bool too_long = soft && core_.now_ms() - soft_limit_since_ms_ > limit.soft_seconds * 1000;
  const bool cut = output_.is_cut() || replies_.is_cut();
  if (cut || too_long || (limit.hard != 0 && held > limit.hard)) exceed_output_limit();
}

void Session::exceed_output_limit() {
  if (aborted_) return;
  abort();
  ++core_.stats().output_limit_disconnections;
  log_warning("Client {} scheduled to be closed ASAP for overcoming of output buffer limits.",
              client_line(*this, core_.now_ms()));
}

}  // namespace rondo
