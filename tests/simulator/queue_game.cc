#include "tests/simulator/queue_game.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "reactor/base/check.h"

namespace rondo {

namespace {

std::string encode(const std::vector<std::string>& args) {
  std::string bytes = fmt::format("*{}\r\n", args.size());
  for (const std::string& arg : args)
    bytes += fmt::format("${}\r\n{}\r\n", arg.size(), arg);
  return bytes;
}

uint64_t number_of(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The element in any of the replies: "v", [list, v], [list, [v]].
uint64_t element_of(const RespValue& reply) {
  if (reply.is_null()) return 0;
  if (reply.elements.empty()) return number_of(reply.text);
  return element_of(reply.elements.back());
}

}  // namespace

// --- The board -----------------------------------------------------------------------------------

void QueueBoard::note(const std::string& problem) {
  if (problem_.empty()) problem_ = problem;
}

uint64_t QueueBoard::push(const std::string& list, int64_t now) {
  elements_[++last_] = Element{list, now};
  return last_;
}

size_t QueueBoard::pop(Pop asked) {
  pops_.push_back(std::move(asked));
  return pops_.size() - 1;
}

void QueueBoard::popped(size_t number, uint64_t element, int64_t now) {
  Pop& pop = pops_[number];
  pop.answered = now;
  pop.element = element;
  if (element == 0) return;
  const auto found = elements_.find(element);
  if (found == elements_.end()) return note(fmt::format("element {} was never pushed", element));
  if (pop.moves) return;
  if (++found->second.taken > 1) note(fmt::format("element {} was taken twice", element));
}

size_t QueueBoard::served_waiting() const {
  return static_cast<size_t>(std::count_if(pops_.begin(), pops_.end(), [](const Pop& pop) {
    return pop.element != 0 && pop.waits_from != kNever;
  }));
}

// Pairs of clients that waited for the same one list.
void QueueBoard::check_turns() {
  for (const Pop& early : pops_) {
    if (early.lists.size() != 1 || early.waits_from == kNever || early.died || early.moves)
      continue;
    // Until when it surely waited: no element that it could get was pushed before.
    int64_t until = early.waits_to;
    if (early.element != 0) {
      const Element& element = elements_.at(early.element);
      if (element.list != early.lists[0]) continue;
      until = std::min(until, element.asked);
    }
    for (const Pop& late : pops_) {
      if (late.moves || !late.waits || late.element == 0 || late.lists != early.lists) continue;
      if (early.waits_from < late.asked && late.answered < until) {
        note(fmt::format("one who waited for {} in [{}, {}] was passed by one of [{}, {}]",
                         early.lists[0], early.waits_from, until, late.asked, late.answered));
      }
    }
  }
}

void QueueBoard::check_end(const std::map<std::string, std::vector<uint64_t>>& lists,
                           const std::vector<size_t>& waiting) {
  check_turns();
  for (const auto& [list, elements] : lists) {
    for (const uint64_t element : elements) {
      const auto found = elements_.find(element);
      if (found == elements_.end()) {
        note(fmt::format("{} has element {} that was never pushed", list, element));
      } else if (++found->second.found + found->second.taken > 1) {
        note(fmt::format("element {} is in {} and somewhere else", element, list));
      }
    }
  }
  for (const size_t number : waiting) {
    for (const std::string& list : pops_[number].lists) {
      const auto found = lists.find(list);
      if (found != lists.end() && !found->second.empty()) {
        note(fmt::format("{} has elements, and a client waits for it since {}", list,
                         pops_[number].asked));
      }
    }
  }
  const auto unknown = std::count_if(pops_.begin(), pops_.end(),
                                     [](const Pop& pop) { return pop.died && !pop.moves; });
  int64_t lost = 0;
  for (const auto& [number, element] : elements_) {
    if (element.certain && element.taken + element.found == 0) ++lost;
  }
  if (lost > unknown) {
    note(fmt::format("{} elements were lost, and only {} clients died that could have got one",
                     lost, unknown));
  }
}

// --- A player ------------------------------------------------------------------------------------

std::string QueuePlayer::any_list() {
  return list_name(static_cast<int>(prng_.below(static_cast<uint64_t>(lists_))));
}

// A third waits for ever.
std::string QueuePlayer::timeout() {
  return prng_.one_in(3) ? "0" : fmt::format("0.{:03}", 1 + prng_.below(100));
}

void QueuePlayer::add_push(std::string& bytes, int64_t now) {
  const auto one = [&](const std::string& list, size_t count) {
    Expected expected;
    std::vector<std::string> args = {"RPUSH", list};
    for (size_t i = 0; i < count; ++i) {
      expected.elements.push_back(board_.push(list, now));
      args.push_back(std::to_string(expected.elements.back()));
    }
    bytes += encode(args);
    return expected;
  };
  if (!prng_.one_in(4)) {
    expected_.push_back(one(any_list(), 1 + prng_.below(3)));
    return;
  }
  // To several lists at once.
  bytes += encode({"MULTI"});
  expected_.emplace_back();
  Expected exec;
  for (uint64_t left = 1 + prng_.below(3); left > 0; --left) {
    for (const uint64_t element : one(any_list(), 1).elements)
      exec.elements.push_back(element);
    expected_.emplace_back();
  }
  bytes += encode({"EXEC"});
  expected_.push_back(std::move(exec));
}

void QueuePlayer::add_pop(std::string& bytes, int64_t now) {
  QueueBoard::Pop pop;
  pop.asked = now;
  pop.lists = {any_list()};
  std::vector<std::string> args;
  switch (prng_.below(6)) {
    case 0:
      pop.waits = false;
      args = {"LPOP", pop.lists[0]};
      break;
    case 1:
      args = {"BLMPOP", timeout(), "1", pop.lists[0], "LEFT"};
      break;
    case 2:
      pop.moves = true;
      args = {"BLMOVE", pop.lists[0], any_list(), "LEFT", "RIGHT", timeout()};
      break;
    case 3:
      pop.lists.push_back(any_list());
      args = {"BLPOP", pop.lists[0], pop.lists[1], timeout()};
      break;
    default:
      args = {"BLPOP", pop.lists[0], timeout()};
  }
  bytes += encode(args);
  expected_.push_back({true, board_.pop(std::move(pop)), {}});
}

std::string QueuePlayer::next(int64_t now) {
  CHECK(expected_.empty());
  std::string bytes;
  if (prng_.one_in(3)) {
    add_push(bytes, now);
  } else {
    add_pop(bytes, now);
  }
  return bytes;
}

void QueuePlayer::on_reply(const RespValue& reply, int64_t now) {
  CHECK(!expected_.empty());
  const Expected expected = std::move(expected_.front());
  expected_.pop_front();
  if (reply.type == RespValue::Type::kError) board_.note("an error: " + reply.text);
  if (expected.pops) board_.popped(expected.pop, element_of(reply), now);
  for (const uint64_t element : expected.elements)
    board_.pushed(element);
}

void QueuePlayer::seen_waiting(int64_t now) {
  if (!pops()) return;
  QueueBoard::Pop& pop = board_.of(pop_number());
  pop.waits_from = std::min(pop.waits_from, now);
  pop.waits_to = now;
}

void QueuePlayer::died() {
  for (const Expected& expected : expected_) {
    if (expected.pops) board_.of(expected.pop).died = true;
  }
}

}  // namespace rondo
