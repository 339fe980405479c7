// QueueGame: clients that push elements to a few lists and take them out again, waiting for them
// (BLPOP, BLMPOP, BLMOVE) or not, and a board that knows what each of them asked and was told. The
// rules, which hold whatever dies or times out:
//
//   - an element is taken once at the most, and it is one that was pushed;
//   - none is lost: what was pushed was taken or is still there; each client that died while it
//     waited for an answer may have taken one;
//   - those who wait for one list are served in turn: nobody who came later gets an element while
//     one who was there before goes on waiting;
//   - at the end nobody waits for a list that has elements.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"

namespace rondo {

// What everyone did; shared by the players of one server. Times are any numbers that grow.
class QueueBoard {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  struct Pop {
    std::vector<std::string> lists;
    bool waits = true;   // Not LPOP, which may take what others wait for.
    bool moves = false;  // What it takes is in another list then.
    int64_t asked = 0;
    int64_t waits_from = kNever;  // It was seen to wait from here
    int64_t waits_to = 0;         // to here.
    int64_t answered = kNever;
    uint64_t element = 0;  // 0: none.
    bool died = false;
  };

  uint64_t push(const std::string& list, int64_t now);  // The new element.
  void pushed(uint64_t element) { elements_.at(element).certain = true; }
  size_t pop(Pop asked);
  Pop& of(size_t number) { return pops_[number]; }
  void popped(size_t number, uint64_t element, int64_t now);
  void note(const std::string& problem);

  // At the end: what is in the lists, and who still waits.
  void check_end(const std::map<std::string, std::vector<uint64_t>>& lists,
                 const std::vector<size_t>& waiting);
  const std::string& problem() const { return problem_; }
  size_t served_waiting() const;  // Pops that were seen to wait before they got something.

 private:
  struct Element {
    std::string list;
    int64_t asked = 0;
    bool certain = false;  // The push was answered.
    int taken = 0;
    int found = 0;
  };
  void check_turns();

  std::map<uint64_t, Element> elements_;
  std::deque<Pop> pops_;
  uint64_t last_ = 0;
  std::string problem_;
};

// One client.
class QueuePlayer {
 public:
  QueuePlayer(QueueBoard& board, int lists, uint64_t seed)
      : board_(board), lists_(lists), prng_(seed) {}

  static std::string list_name(int number) { return "queue:" + std::to_string(number); }

  // The next bytes to send. REQUIRES: expected() == 0.
  std::string next(int64_t now);
  size_t expected() const { return expected_.size(); }
  void on_reply(const RespValue& reply, int64_t now);
  // Its session waits now.
  void seen_waiting(int64_t now);
  void died();
  // The pop that is not answered yet.
  bool pops() const { return !expected_.empty() && expected_.front().pops; }
  size_t pop_number() const { return expected_.front().pop; }

 private:
  struct Expected {
    bool pops = false;
    size_t pop = 0;
    std::vector<uint64_t> elements;  // Pushed by it.
  };
  std::string any_list();
  std::string timeout();
  void add_push(std::string& bytes, int64_t now);
  void add_pop(std::string& bytes, int64_t now);

  QueueBoard& board_;
  const int lists_;
  Prng prng_;
  std::deque<Expected> expected_;
};

}  // namespace rondo
