#include "reactor/mailbox.h"

namespace rondo {

MailboxGrid::MailboxGrid(int cores, size_t capacity)
    : cores_(cores), words_((static_cast<size_t>(cores) + 63) / 64) {
  CHECK(cores > 0 && cores <= kMaxCores);
  const size_t count = static_cast<size_t>(cores);
  doorbells_ = std::make_unique<Doorbell[]>(count);
  queues_.resize(count * count);
  wake_targets_.resize(count);
  mailboxes_.reserve(count);
  for (int from = 0; from < cores; ++from) {
    mailboxes_.push_back(std::make_unique<Mailbox>(*this, from));
    for (int to = 0; to < cores; ++to) {
      if (from == to) continue;
      queues_[static_cast<size_t>(from) * count + static_cast<size_t>(to)] =
          std::make_unique<SpscQueue<Message>>(capacity);
    }
  }
}

MailboxGrid::~MailboxGrid() = default;

bool Mailbox::publish() {
  bool any = false;
  for (size_t i = 0; i < grid_.words_; ++i) {
    const uint64_t destinations = dirty_.words[i];
    if (destinations == 0) continue;
    any = true;
    dirty_.words[i] = 0;
    published_.words[i] |= destinations;
    for_each_core(i, destinations, [&](int to) {
      grid_.queue(core_, to).publish();
      auto& doorbell = grid_.doorbells_[static_cast<size_t>(to)];
      const size_t word = static_cast<size_t>(core_) / 64;
      doorbell.incoming[word].fetch_or(uint64_t{1} << (core_ % 64), std::memory_order_seq_cst);
    });
  }
  return any;
}

bool Mailbox::prepare_sleep() {
  auto& doorbell = grid_.doorbells_[static_cast<size_t>(core_)];
  doorbell.sleeping.store(1, std::memory_order_seq_cst);
  for (size_t i = 0; i < grid_.words_; ++i) {
    const uint64_t news = doorbell.incoming[i].load(std::memory_order_seq_cst);
    if ((news | leftover_.words[i]) != 0) {
      doorbell.sleeping.store(0, std::memory_order_relaxed);
      return false;
    }
  }
  return true;
}

void Mailbox::end_sleep() {
  auto& doorbell = grid_.doorbells_[static_cast<size_t>(core_)];
  doorbell.sleeping.store(0, std::memory_order_relaxed);
}

bool Mailbox::claim_wake_up(int to) {
  auto& sleeping = grid_.doorbells_[grid_.index(to)].sleeping;
  if (sleeping.load(std::memory_order_seq_cst) == 0) return false;
  return sleeping.exchange(0, std::memory_order_seq_cst) == 1;
}

}  // namespace rondo
