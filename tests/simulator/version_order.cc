#include "tests/simulator/version_order.h"

#include <algorithm>

namespace rondo {

namespace {

using Kind = Action::Kind;
using Found = std::optional<Contradiction>;

class Finder {
 public:
  Finder(const History& history, VersionOrder& order) : history_(history), order_(order) {}

  Found run() {
    order_.happened.assign(history_.operations.size(), false);
    if (Found found = collect_writes()) return found;
    if (Found found = order_lists()) return found;
    if (Found found = place_writers()) return found;
    if (Found found = collect_reads()) return found;
    if (Found found = find_queues(history_, order_.queues, order_.happened)) return found;
    return find_lost();
  }

 private:
  // Calls visit(operation number, operation, action); stops at a contradiction.
  template <class Visit>
  Found for_each_action(Visit&& visit) {
    for (size_t i = 0; i < history_.operations.size(); ++i) {
      for (const Action& action : history_.operations[i].actions) {
        if (Found found = visit(i, history_.operations[i], action)) return found;
      }
    }
    return {};
  }

  NumberedKey& numbered(const std::string& key) {
    const auto [it, fresh] = numbered_.try_emplace(key, order_.numbered.size());
    if (fresh) order_.numbered.emplace_back().name = key;
    return order_.numbered[it->second];
  }
  RegisterKey& register_key(const std::string& key) {
    const auto [it, fresh] = registers_.try_emplace(key, order_.registers.size());
    if (fresh) {
      RegisterKey& added = order_.registers.emplace_back();
      added.name = key;
      added.versions.emplace_back();
    }
    return order_.registers[it->second];
  }

  Found collect_writes() {
    return for_each_action(
        [&](size_t i, const Operation& operation, const Action& action) -> Found {
          if (operation.outcome == Outcome::kDone) order_.happened[i] = true;
          if (action.kind != Kind::kAppend && action.kind != Kind::kWrite) return {};
          const auto [it, fresh] = written_.try_emplace({action.key, action.value}, i);
          if (!fresh) return Contradiction{"the test wrote a value twice", {it->second, i}};
          return {};
        });
  }

  // The longest read of each list is the order; every other one must be the beginning of it.
  Found order_lists() {
    std::map<std::string, std::pair<const Action*, size_t>> longest;
    Found found = for_each_action([&](size_t i, const Operation&, const Action& action) -> Found {
      if (action.kind != Kind::kReadList) return {};
      auto& [best, reader] = longest[action.key];
      if (!best || action.list.size() > best->list.size()) best = &action, reader = i;
      return {};
    });
    if (found) return found;
    for (const auto& [key, best] : longest) {
      const std::vector<uint64_t>& list = best.first->list;
      for (size_t i = 0; i < list.size(); ++i) {
        if (std::find(list.begin(), list.begin() + static_cast<long>(i), list[i]) !=
            list.begin() + static_cast<long>(i)) {
          return Contradiction{"write executed twice", {best.second}};
        }
      }
      numbered(key).tokens = list;
    }
    return for_each_action([&](size_t i, const Operation&, const Action& action) -> Found {
      if (action.kind != Kind::kReadList) return {};
      const std::vector<uint64_t>& order = numbered(action.key).tokens;
      if (std::equal(action.list.begin(), action.list.end(), order.begin())) return {};
      return Contradiction{"incompatible orders", {longest[action.key].second, i}};
    });
  }

  // Finds who wrote each version, from the tokens and from the replies to the writers.
  Found place_writers() {
    for (NumberedKey& key : order_.numbered) {
      for (uint64_t token : key.tokens) {
        const auto writer = written_.find({key.name, token});
        if (writer == written_.end()) return Contradiction{"read of nobody's write", {}};
        const Operation& operation = history_.operations[writer->second];
        if (operation.outcome == Outcome::kFailed) {
          return Contradiction{"read of a failed write", {writer->second}};
        }
        order_.happened[writer->second] = true;
        key.writers.push_back(writer->second);
      }
    }
    return for_each_action(
        [&](size_t i, const Operation& operation, const Action& action) -> Found {
          if (action.kind != Kind::kAppend && action.kind != Kind::kIncrement) return {};
          if (operation.outcome != Outcome::kDone || action.position == 0) return {};
          NumberedKey& key = numbered(action.key);
          const size_t at = action.position - 1;
          if (key.writers.size() <= at) key.writers.resize(at + 1, kNoOperation);
          const bool is_token = action.kind == Kind::kAppend && at < key.tokens.size();
          if (is_token ? key.tokens[at] != action.value : key.writers[at] != kNoOperation) {
            return Contradiction{"two writes made the same version", {key.writers[at], i}};
          }
          key.writers[at] = i;
          return {};
        });
  }

  Found collect_reads() {
    // Registers first need all their versions.
    Found found = for_each_action([&](size_t i, const Operation&, const Action& action) -> Found {
      if (action.kind != Kind::kWrite) return {};
      RegisterKey::Version& version = register_key(action.key).versions.emplace_back();
      version.value = action.value;
      version.writer = i;
      return {};
    });
    if (found) return found;
    for (size_t i = 0; i < history_.operations.size(); ++i) {
      if (history_.operations[i].outcome != Outcome::kDone) continue;
      std::map<std::string, size_t> own;  // What this operation has seen or made of each key.
      std::map<std::string, bool> wrote;
      for (const Action& action : history_.operations[i].actions) {
        if (action.of_queue()) continue;
        const bool is_register = action.kind == Kind::kRead || action.kind == Kind::kWrite;
        const bool again = wrote[action.key];
        const size_t version = is_register ? version_of(action) : version_number(action);
        if (version == kNoOperation) return Contradiction{"read of nobody's write", {i}};
        if (!action.writes()) {
          if (again && is_register ? version != own[action.key]
                                   : again && version < own[action.key]) {
            return Contradiction{"an operation did not see its own write", {i}};
          }
          if (Found bad = add_read(i, action, version)) return bad;
        } else if (is_register && own.contains(action.key)) {
          register_key(action.key).known.emplace_back(own[action.key], version);
        }
        own[action.key] = version;
        wrote[action.key] = again || action.writes();
      }
    }
    return {};
  }

  static size_t version_number(const Action& action) {
    return action.kind == Kind::kReadList ? action.list.size() : action.position;
  }
  size_t version_of(const Action& action) {
    const std::vector<RegisterKey::Version>& versions = register_key(action.key).versions;
    for (size_t i = 0; i < versions.size(); ++i) {
      if (versions[i].value == action.value) return i;
    }
    return kNoOperation;
  }

  Found add_read(size_t i, const Action& action, size_t version) {
    if (action.kind != Kind::kRead) {
      numbered(action.key).reads.push_back({i, version});
      return {};
    }
    RegisterKey::Version& read = register_key(action.key).versions[version];
    read.readers.push_back(i);
    if (read.writer == kNoOperation) return {};
    if (history_.operations[read.writer].outcome == Outcome::kFailed) {
      return Contradiction{"read of a failed write", {read.writer, i}};
    }
    order_.happened[read.writer] = true;
    return {};
  }

  // The last reads saw all of every list, so each token of an operation that happened is there.
  Found find_lost() {
    if (!history_.complete) return {};
    return for_each_action([&](size_t i, const Operation&, const Action& action) -> Found {
      if (!order_.happened[i] || action.kind != Kind::kAppend) return {};
      const std::vector<uint64_t>& tokens = numbered(action.key).tokens;
      if (std::find(tokens.begin(), tokens.end(), action.value) != tokens.end()) return {};
      return Contradiction{"lost write", {i}};
    });
  }

  const History& history_;
  VersionOrder& order_;
  std::map<std::string, size_t> numbered_;
  std::map<std::string, size_t> registers_;
  std::map<std::pair<std::string, uint64_t>, size_t> written_;
};

}  // namespace

std::optional<Contradiction> find_versions(const History& history, VersionOrder& order) {
  return Finder(history, order).run();
}

}  // namespace rondo
