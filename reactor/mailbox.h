// The mailboxes between cores: for each ordered pair of cores a bounded SpscQueue of 64-byte
// messages, and for each core a doorbell that says who has published to it and whether it sleeps.
//
// A MailboxGrid is made once, before the threads start, and outlives them. Mailbox `i` belongs to
// the thread of core i; no other thread may call it. With no reactor at all, one thread may use
// every mailbox of a grid in turn: that is how the simulator and in-process tests run.
//
// Sending is in two steps. send() puts a message into the queue, invisible; publish() makes all
// messages of this tick visible, one release store and one doorbell for each destination.
// Messages from one core to another arrive in the order they were sent. A full queue refuses
// (send() is false) and the caller keeps the message: nothing here blocks or grows.
//
// Doorbells and sleep: no wake-up is lost
//   A receiver that is about to sleep and a sender that has just published run Dekker's protocol:
//
//     sender                                      receiver
//     S1  tail = ...            (release)         R1  sleeping = 1          (seq_cst)
//     S2  incoming |= my bit    (seq_cst RMW)     R2  read incoming         (seq_cst)
//     S3  read sleeping         (seq_cst)             nonzero: sleeping = 0, do not sleep
//         1: claim it, wake it                        zero:    sleep in the kernel
//
//   S2, S3, R1 and R2 are all seq_cst, so they have one total order, which keeps each thread's
//   program order. If R2 does not see S2's bit, R2 precedes S2 in it; hence R1 precedes S3, and S3
//   reads sleeping == 1. So either the receiver sees the message or the sender sees the sleeper.
//   The sender claims by exchanging the flag to 0: of many senders just one pays for the wake-up.
//   The wake-up itself is an event that stays pending in the kernel (a completion or an eventfd),
//   so it does not matter whether it arrives before or after the receiver has gone to sleep. A
//   sender that claimed must wake; one that comes after a stale claim only causes an idle tick.
//
//   The receiver takes its doorbell with exchange(0) *before* it reads the queues' tails. A bit
//   that is set later than that stays set, so a message is seen in this drain or announced for
//   the next. It may be both: a bit without a message is possible and harmless.
//
//   On x86-64 S2 is the only locked instruction of a publication, one for each destination in a
//   tick; the doorbell's line is then owned by the sender, so that S3 hits in its cache.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/core_set.h"
#include "reactor/spsc_queue.h"

namespace rondo {

// One message: a descriptor. What `kind` and the rest mean is the sender's and receiver's affair.
//
//   0      4     8         16                                  64
//   +------+-----+---------+-----------------------------------+
//   | kind | tag | pointer | words[6]                          |
//   +------+-----+---------+-----------------------------------+
struct alignas(kCacheLine) Message {
  uint32_t kind;
  uint32_t tag;
  void* pointer;
  uint64_t words[6];
};
static_assert(sizeof(Message) == 64);
static_assert(std::is_trivially_copyable_v<Message>);

class MailboxGrid;

// One core's endpoint; used only by that core's thread.
class Mailbox {
 public:
  // At most this many messages of one sender are handled in one drain(), so that a flood from one
  // core delays neither the others nor the rest of the tick.
  static constexpr size_t kDrainMax = 512;

  Mailbox(MailboxGrid& grid, int core) : grid_(grid), core_(core) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  int core() const { return core_; }
  int cores() const;

  // True when send(to, ...) will succeed: room for at least one more. REQUIRES: to != core().
  bool can_send(int to) const;

  // False when the queue is full. Not visible to the receiver until publish().
  bool send(int to, const Message& message);

  // Makes all sends since the last call visible and rings the doorbells. True if there were any.
  bool publish();

  // Calls on_core(int to) for each destination published to since the last call of this.
  template <class F>
  void for_each_published(F&& on_core);

  // Calls on_message(int from, const Message&) for what had been published before the call, at
  // most kDrainMax of each sender; returns how many. The message may be read only during the
  // call, and on_message may send() but not drain(). If it returns a bool, false ends the turn of
  // that sender, whose other messages wait for the next drain().
  template <class F>
  size_t drain(F&& on_message);

  // True when drain() may find something.
  bool has_incoming() const;

  // --- Sleeping; see the protocol above. The reactor calls these. ---

  // R1 and R2. False: something has arrived, and this core must not sleep.
  bool prepare_sleep();
  void end_sleep();

  // S3, after publish(): true when `to` sleeps and this caller now owes it a wake-up.
  bool claim_wake_up(int to);

 private:
  MailboxGrid& grid_;
  const int core_;
  CoreSet dirty_;      // Destinations with sends that are not published.
  CoreSet published_;  // Destinations published to, not yet visited.
  CoreSet leftover_;   // Senders that the last drain did not exhaust.
};

class MailboxGrid {
 public:
  // `capacity` messages in each queue, rounded up to a power of two. REQUIRES: 0 < cores <=
  // kMaxCores. Memory is cores^2 * capacity * 64 bytes, resident only once it has been used.
  explicit MailboxGrid(int cores, size_t capacity = 1024);
  ~MailboxGrid();
  MailboxGrid(const MailboxGrid&) = delete;
  MailboxGrid& operator=(const MailboxGrid&) = delete;

  Mailbox& of(int core) { return *mailboxes_[index(core)]; }
  int cores() const { return cores_; }

  // How to wake a core: its ring, and its eventfd for kernels without messages between rings. Set
  // by its reactor before the threads start; -1 without a reactor.
  struct WakeTarget {
    int ring = -1;
    int event = -1;
  };
  void set_wake_target(int core, WakeTarget target) { wake_targets_[index(core)] = target; }
  WakeTarget wake_target(int core) const { return wake_targets_[index(core)]; }

 private:
  friend class Mailbox;

  struct alignas(kCacheLine) Doorbell {
    std::atomic<uint64_t> incoming[kCoreWords] = {};  // Bit s: core s has published to this one.
    std::atomic<uint32_t> sleeping{0};
  };

  size_t index(int core) const {
    CHECK(core >= 0 && core < cores_);
    return static_cast<size_t>(core);
  }
  SpscQueue<Message>& queue(int from, int to) {
    return *queues_[static_cast<size_t>(from) * static_cast<size_t>(cores_) +
                    static_cast<size_t>(to)];
  }

  const int cores_;
  const size_t words_;  // Words of a CoreSet that cores_ cores need.
  std::unique_ptr<Doorbell[]> doorbells_;
  std::vector<std::unique_ptr<SpscQueue<Message>>> queues_;  // [from][to], null from == to.
  std::vector<std::unique_ptr<Mailbox>> mailboxes_;
  std::vector<WakeTarget> wake_targets_;
};

inline int Mailbox::cores() const {
  return grid_.cores();
}

inline bool Mailbox::can_send(int to) const {
  DCHECK(to != core_);
  return grid_.queue(core_, to).can_push();
}

inline bool Mailbox::send(int to, const Message& message) {
  DCHECK(to != core_);
  if (!grid_.queue(core_, to).push(message)) return false;
  dirty_.add(to);
  return true;
}

inline bool Mailbox::has_incoming() const {
  for (size_t i = 0; i < grid_.words_; ++i) {
    const auto& incoming = grid_.doorbells_[static_cast<size_t>(core_)].incoming[i];
    if ((incoming.load(std::memory_order_relaxed) | leftover_.words[i]) != 0) return true;
  }
  return false;
}

template <class F>
void Mailbox::for_each_published(F&& on_core) {
  for (size_t i = 0; i < grid_.words_; ++i) {
    const uint64_t word = published_.words[i];
    published_.words[i] = 0;
    for_each_core(i, word, on_core);
  }
}

template <class F>
size_t Mailbox::drain(F&& on_message) {
  size_t count = 0;
  for (size_t i = 0; i < grid_.words_; ++i) {
    auto& incoming = grid_.doorbells_[static_cast<size_t>(core_)].incoming[i];
    uint64_t senders = leftover_.words[i];
    leftover_.words[i] = 0;
    // The plain load keeps the locked exchange away from the common case of no news.
    if (incoming.load(std::memory_order_relaxed) != 0) {
      senders |= incoming.exchange(0, std::memory_order_seq_cst);
    }
    for_each_core(i, senders, [&](int from) {
      bool ended = false;
      const size_t taken = grid_.queue(from, core_).consume(kDrainMax, [&](const Message& message) {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, int, const Message&>>) {
          on_message(from, message);
        } else {
          ended = !on_message(from, message);
        }
        return !ended;
      });
      if (ended || taken == kDrainMax) leftover_.add(from);
      count += taken;
    });
  }
  return count;
}

}  // namespace rondo
