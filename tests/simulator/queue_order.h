// QueueOrder: the order in which tokens went through one queue of a history: a list that gets them
// at its end and loses them at its head, and that never has the same token twice.
//
// A read shows which tokens stood there side by side. The rest of the order is what follows from
// the dependencies that are known, again and again until nothing new follows:
//
//   pushed or popped earlier                         stands before
//   pushed before a read that did not see it         stood before what the read saw
//   popped after a read that did not see it          stands behind what the read saw
//   pushed before a sight of the empty queue         was popped before it
//
// and a token that stands before another one was pushed, and is popped, before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/dependency_graph.h"
#include "tests/simulator/history.h"

namespace rondo {

inline constexpr size_t kNoOperation = SIZE_MAX;

// A contradiction that needs no cycle.
struct Contradiction {
  std::string anomaly;
  std::vector<size_t> operations;
};

class QueueOrder {
 public:
  using Bits = DependencyGraph::Bits;
  using AddEdge = std::function<void(size_t from, size_t to, Dependency kind)>;

  explicit QueueOrder(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

  // --- What happened, in any order ---------------------------------------------------------------
  // Those of one operation follow each other. `surely`: the operation was answered.
  std::optional<Contradiction> pushed(size_t operation, uint64_t token, bool surely);
  std::optional<Contradiction> popped(size_t operation, uint64_t token);
  void read(size_t operation, const std::vector<uint64_t>& tokens);
  // Operations without an answer may have pushed one unknown token, or popped one, or all.
  void maybe_pushed() { ++unknown_pushes_; }
  void maybe_popped() { ++unknown_pops_; }
  void maybe_popped_all() { unknown_pops_ = SIZE_MAX / 2; }

  // --- And then ----------------------------------------------------------------------------------
  // Finds tokens from nowhere and, when the last read saw all there was, lost ones. Calls
  // seen(operation) for each that pushed what somebody saw.
  std::optional<Contradiction> close(bool complete, const std::function<void(size_t)>& seen);
  // The dependencies that need no order.
  void add_edges(const AddEdge& add) const;
  // One round: `reached` is the closure of all dependencies so far. Sets `any` when something new
  // was found.
  std::optional<Contradiction> find_order(const std::vector<Bits>& reached, const AddEdge& add,
                                          bool& any);

 private:
  struct Token {
    uint64_t value = 0;
    size_t pusher = kNoOperation;
    size_t popper = kNoOperation;
    size_t seen_by = kNoOperation;  // A reader.
    bool surely = false;
    bool remains = false;  // It was still there at the end.
    bool exists() const { return surely || popper != kNoOperation || seen_by != kNoOperation; }
  };
  struct Read {
    size_t operation;
    std::vector<size_t> tokens;
    bool shows(size_t token) const;
  };

  size_t index_of(uint64_t value);
  void put_before(size_t first, size_t second);
  void follow_pairs(const std::vector<Bits>& reached);
  void follow_reads(const std::vector<Bits>& reached);
  bool follow_empty(const std::vector<Bits>& reached, const AddEdge& add);
  void close_order();
  void add_pair(size_t first, size_t second, const AddEdge& add) const;
  std::optional<Contradiction> contradiction() const;
  Contradiction conflict_of(size_t first, size_t second) const;

  std::string name_;
  std::vector<Token> tokens_;
  std::map<uint64_t, size_t> indexes_;
  std::vector<Read> reads_;
  // Of the same operation, one after the other.
  std::vector<std::pair<size_t, size_t>> together_;
  size_t last_pushed_ = kNoOperation;
  size_t last_popped_ = kNoOperation;
  size_t unknown_pushes_ = 0;
  size_t unknown_pops_ = 0;
  std::vector<Bits> before_;                        // before_[a][b]: a stands before b,
  std::vector<Bits> told_;                          // and the dependencies know it.
  std::set<std::pair<size_t, size_t>> told_empty_;  // Of a read and a token.
  // Each is to stand before the other one; mostly there is a cycle too, which says more.
  std::optional<std::pair<size_t, size_t>> conflict_;
};

// All queues of a history; marks in `happened` whose tokens were seen.
std::optional<Contradiction> find_queues(const History& history, std::vector<QueueOrder>& queues,
                                         std::vector<bool>& happened);

}  // namespace rondo
