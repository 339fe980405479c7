#include "tests/simulator/queue_order.h"

#include <algorithm>
#include <deque>

namespace rondo {

namespace {

using Found = std::optional<Contradiction>;
using Bits = DependencyGraph::Bits;

bool reaches(const std::vector<Bits>& reached, size_t from, size_t to) {
  return from != kNoOperation && to != kNoOperation && from != to && test_bit(reached[from], to);
}

}  // namespace

// --- What happened -------------------------------------------------------------------------------

size_t QueueOrder::index_of(uint64_t value) {
  const auto [it, fresh] = indexes_.try_emplace(value, tokens_.size());
  if (fresh) tokens_.emplace_back().value = value;
  return it->second;
}

Found QueueOrder::pushed(size_t operation, uint64_t value, bool surely) {
  Token& token = tokens_[index_of(value)];
  if (token.pusher != kNoOperation) {
    return Contradiction{"token pushed twice", {token.pusher, operation}};
  }
  token.pusher = operation;
  token.surely = surely;
  const size_t index = index_of(value);
  if (last_pushed_ != kNoOperation && tokens_[last_pushed_].pusher == operation) {
    together_.emplace_back(last_pushed_, index);
  }
  last_pushed_ = index;
  return {};
}

Found QueueOrder::popped(size_t operation, uint64_t value) {
  Token& token = tokens_[index_of(value)];
  if (token.popper != kNoOperation) {
    return Contradiction{"token delivered twice", {token.popper, operation}};
  }
  token.popper = operation;
  const size_t index = index_of(value);
  if (last_popped_ != kNoOperation && tokens_[last_popped_].popper == operation) {
    together_.emplace_back(last_popped_, index);
  }
  last_popped_ = index;
  return {};
}

void QueueOrder::read(size_t operation, const std::vector<uint64_t>& values) {
  Read& read = reads_.emplace_back(Read{operation, {}});
  for (const uint64_t value : values) {
    read.tokens.push_back(index_of(value));
    tokens_[read.tokens.back()].seen_by = operation;
  }
}

bool QueueOrder::Read::shows(size_t token) const {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

Found QueueOrder::close(bool complete, const std::function<void(size_t)>& seen) {
  for (const Read& read : reads_) {
    std::set<size_t> once(read.tokens.begin(), read.tokens.end());
    if (once.size() != read.tokens.size()) {
      return Contradiction{"write executed twice", {read.operation}};
    }
  }
  size_t lost = 0;
  size_t lost_by = kNoOperation;
  if (complete && !reads_.empty()) {
    for (const size_t token : reads_.back().tokens)
      tokens_[token].remains = true;
  }
  for (const Token& token : tokens_) {
    const bool was_seen = token.popper != kNoOperation || token.seen_by != kNoOperation;
    if (token.pusher == kNoOperation) {
      if (unknown_pushes_ == 0) {
        return Contradiction{"read of nobody's write", {token.popper, token.seen_by}};
      }
      --unknown_pushes_;
    } else if (was_seen) {
      seen(token.pusher);
    }
    if (!token.exists() || token.remains || token.popper != kNoOperation) continue;
    ++lost;
    lost_by = token.pusher;
  }
  if (complete && lost > unknown_pops_) return Contradiction{"lost write", {lost_by}};
  const size_t words = tokens_.size() / 64 + 1;
  before_.assign(tokens_.size(), Bits(words));
  told_ = before_;
  for (const auto& [first, second] : together_)
    set_bit(before_[first], second);
  for (const Read& read : reads_) {
    for (size_t i = 1; i < read.tokens.size(); ++i)
      set_bit(before_[read.tokens[i - 1]], read.tokens[i]);
  }
  close_order();
  return {};
}

void QueueOrder::add_edges(const AddEdge& add) const {
  for (const Token& token : tokens_)
    add(token.pusher, token.popper, kWriteRead);
  for (const Read& read : reads_) {
    for (const size_t token : read.tokens) {
      add(tokens_[token].pusher, read.operation, kWriteRead);
      add(read.operation, tokens_[token].popper, kReadWrite);
    }
  }
}

// --- What follows --------------------------------------------------------------------------------

void QueueOrder::put_before(size_t first, size_t second) {
  if (test_bit(before_[second], first)) {
    conflict_ = std::pair(first, second);
  } else {
    set_bit(before_[first], second);
  }
}

void QueueOrder::follow_pairs(const std::vector<Bits>& reached) {
  for (size_t a = 0; a < tokens_.size(); ++a) {
    for (size_t b = 0; b < tokens_.size(); ++b) {
      if (a == b || !tokens_[a].exists() || !tokens_[b].exists()) continue;
      if (reaches(reached, tokens_[a].pusher, tokens_[b].pusher) ||
          reaches(reached, tokens_[a].popper, tokens_[b].popper)) {
        put_before(a, b);
      }
    }
  }
}

void QueueOrder::follow_reads(const std::vector<Bits>& reached) {
  for (const Read& read : reads_) {
    if (read.tokens.empty()) continue;
    for (size_t t = 0; t < tokens_.size(); ++t) {
      const Token& token = tokens_[t];
      if (!token.exists() || read.shows(t)) continue;
      if (test_bit(before_[read.tokens.front()], t)) put_before(read.tokens.back(), t);
      if (test_bit(before_[t], read.tokens.back())) put_before(t, read.tokens.front());
      if (reaches(reached, token.pusher, read.operation) ||
          reaches(reached, token.popper, read.operation)) {
        put_before(t, read.tokens.front());
      }
      if (reaches(reached, read.operation, token.pusher) ||
          reaches(reached, read.operation, token.popper)) {
        put_before(read.tokens.back(), t);
      }
    }
  }
}

bool QueueOrder::follow_empty(const std::vector<Bits>& reached, const AddEdge& add) {
  bool any = false;
  for (size_t r = 0; r < reads_.size(); ++r) {
    const Read& read = reads_[r];
    if (!read.tokens.empty()) continue;
    for (size_t t = 0; t < tokens_.size(); ++t) {
      const Token& token = tokens_[t];
      if (!token.exists() || told_empty_.contains({r, t})) continue;
      if (token.remains || reaches(reached, read.operation, token.popper)) {
        add(read.operation, token.pusher, kReadWrite);
      } else if (token.popper != kNoOperation && reaches(reached, token.pusher, read.operation)) {
        add(token.popper, read.operation, kWriteRead);
      } else {
        continue;
      }
      told_empty_.insert({r, t});
      any = true;
    }
  }
  return any;
}

// Whatever stands before one that stands before another stands before that one (Warshall, 1962).
void QueueOrder::close_order() {
  for (size_t middle = 0; middle < tokens_.size(); ++middle) {
    for (Bits& row : before_) {
      if (!test_bit(row, middle)) continue;
      for (size_t word = 0; word < row.size(); ++word)
        row[word] |= before_[middle][word];
    }
  }
}

Contradiction QueueOrder::conflict_of(size_t first, size_t second) const {
  Contradiction found{"incompatible orders", {}};
  for (const size_t t : {first, second}) {
    for (const size_t operation : {tokens_[t].pusher, tokens_[t].popper, tokens_[t].seen_by})
      found.operations.push_back(operation);
  }
  return found;
}

Found QueueOrder::contradiction() const {
  for (size_t t = 0; t < tokens_.size(); ++t) {
    const Token& token = tokens_[t];
    for (const Read& read : reads_) {
      if (read.tokens.empty() || read.shows(t)) continue;
      if (test_bit(before_[read.tokens.front()], t) && test_bit(before_[t], read.tokens.back())) {
        return Contradiction{"read with a hole", {read.operation, token.pusher, token.popper}};
      }
    }
    if (test_bit(before_[t], t)) return conflict_of(t, t);
    for (size_t later = 0; later < tokens_.size(); ++later) {
      if (token.remains && tokens_[later].popper != kNoOperation && test_bit(before_[t], later)) {
        return Contradiction{"popped out of turn", {token.pusher, tokens_[later].popper}};
      }
    }
  }
  return {};
}

void QueueOrder::add_pair(size_t first, size_t second, const AddEdge& add) const {
  const Token& a = tokens_[first];
  const Token& b = tokens_[second];
  add(a.pusher, b.pusher, kWriteWrite);
  add(a.popper, b.popper, kWriteWrite);
  for (const Read& read : reads_) {
    if (read.tokens.empty()) continue;
    if (read.tokens.back() == first) add(read.operation, b.pusher, kReadWrite);
    if (read.tokens.front() == second) add(a.popper, read.operation, kWriteRead);
  }
}

Found QueueOrder::find_order(const std::vector<Bits>& reached, const AddEdge& add, bool& any) {
  if (Found found = contradiction()) return found;
  follow_pairs(reached);
  follow_reads(reached);
  close_order();
  bool news = follow_empty(reached, add);
  for (size_t a = 0; a < tokens_.size(); ++a) {
    for (size_t b = 0; b < tokens_.size(); ++b) {
      if (!test_bit(before_[a], b) || test_bit(told_[a], b)) continue;
      set_bit(told_[a], b);
      news = true;
      add_pair(a, b, add);
    }
  }
  if (!news && conflict_) return conflict_of(conflict_->first, conflict_->second);
  any = any || news;
  return {};
}

// --- All queues of a history ---------------------------------------------------------------------

namespace {

// What one operation knows of a queue by its own actions. After it has seen the queue once, all of
// it.
struct OwnSight {
  bool whole = false;
  std::deque<uint64_t> content;

  bool push(uint64_t value) {
    content.push_back(value);
    return true;
  }
  bool pop(uint64_t value) {
    if (!content.empty() && content.front() == value) {
      content.pop_front();
      whole = true;  // Its own tokens stand behind all others.
      return true;
    }
    return !whole && std::find(content.begin(), content.end(), value) == content.end();
  }
  bool read(const std::vector<uint64_t>& list) {
    if (list.size() < content.size() || (whole && list.size() != content.size())) return false;
    if (!std::equal(content.rbegin(), content.rend(), list.rbegin())) return false;
    content.assign(list.begin(), list.end());
    whole = true;
    return true;
  }
};

class QueueFinder {
 public:
  QueueFinder(const History& history, std::vector<QueueOrder>& queues, std::vector<bool>& happened)
      : history_(history), queues_(queues), happened_(happened) {}

  Found run() {
    for (size_t i = 0; i < history_.operations.size(); ++i) {
      if (Found found = add(i)) return found;
    }
    // The last read is the one that was asked for last.
    for (const auto& [time, operation] : reads_) {
      for (const Action& action : history_.operations[operation].actions) {
        if (action.kind == Action::Kind::kReadQueue) of(action.key).read(operation, action.list);
      }
    }
    for (QueueOrder& queue : queues_) {
      size_t failed = kNoOperation;
      const Found found = queue.close(history_.complete, [&](size_t pusher) {
        happened_[pusher] = true;
        if (history_.operations[pusher].outcome == Outcome::kFailed) failed = pusher;
      });
      if (failed != kNoOperation) return Contradiction{"read of a failed write", {failed}};
      if (found) return found;
    }
    return {};
  }

 private:
  QueueOrder& of(const std::string& key) {
    const auto [it, fresh] = indexes_.try_emplace(key, queues_.size());
    if (fresh) queues_.emplace_back(key);
    return queues_[it->second];
  }

  Found add(size_t i) {
    const Operation& operation = history_.operations[i];
    const bool done = operation.outcome == Outcome::kDone;
    const bool unknown = operation.outcome == Outcome::kUnknown;
    std::map<std::string, OwnSight> own;
    for (const Action& action : operation.actions) {
      if (!action.of_queue()) continue;
      QueueOrder& queue = of(action.key);
      Found found;
      bool sees_own = true;
      switch (action.kind) {
        case Action::Kind::kPush:
          if (action.value != 0) found = queue.pushed(i, action.value, done);
          if (action.value == 0 && unknown) queue.maybe_pushed();
          sees_own = own[action.key].push(action.value);
          break;
        case Action::Kind::kPop:
          if (done) found = queue.popped(i, action.value);
          if (unknown) queue.maybe_popped();
          sees_own = own[action.key].pop(action.value);
          break;
        case Action::Kind::kPopAll:
          if (unknown) queue.maybe_popped_all();
          break;
        default:
          if (done) reads_.emplace(operation.invoked, i);
          sees_own = own[action.key].read(action.list);
          break;
      }
      if (found) return found;
      if (done && !sees_own) return Contradiction{"an operation did not see its own write", {i}};
    }
    return {};
  }

  const History& history_;
  std::vector<QueueOrder>& queues_;
  std::vector<bool>& happened_;
  std::map<std::string, size_t> indexes_;
  std::set<std::pair<int64_t, size_t>> reads_;  // Operations that read queues, by time.
};

}  // namespace

Found find_queues(const History& history, std::vector<QueueOrder>& queues,
                  std::vector<bool>& happened) {
  return QueueFinder(history, queues, happened).run();
}

}  // namespace rondo
