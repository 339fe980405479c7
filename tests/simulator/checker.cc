#include "tests/simulator/checker.h"

#include <algorithm>

#include "tests/simulator/dependency_graph.h"
#include "tests/simulator/version_order.h"

namespace rondo {

namespace {

constexpr uint8_t kWrites = kWriteWrite;
constexpr uint8_t kReads = kWriteWrite | kWriteRead;
constexpr uint8_t kData = kReads | kReadWrite;

class Check {
 public:
  explicit Check(const History& history) : history_(history), graph_(history.operations.size()) {}

  Verdict run() {
    if (std::optional<Contradiction> found = find_versions(history_, order_)) {
      return contradiction(*found);
    }
    for (size_t i = 0; i < order_.numbered.size(); ++i)
      add_numbered(i);
    for (size_t i = 0; i < order_.registers.size(); ++i)
      add_register_reads(i);
    for (size_t i = 0; i < order_.queues.size(); ++i)
      order_.queues[i].add_edges(queue_edges(i));
    add_real_time();
    add_session_order();
    for (;;) {
      const std::vector<DependencyGraph::Edge> cycle = smallest_cycle();
      if (!cycle.empty()) return violation(cycle);
      if (order_.registers.empty() && order_.queues.empty()) return {};
      const std::vector<DependencyGraph::Bits> reached = graph_.closure();
      bool any = order_registers(reached);
      for (size_t i = 0; i < order_.queues.size(); ++i) {
        if (auto found = order_.queues[i].find_order(reached, queue_edges(i), any)) {
          return contradiction(*found);
        }
      }
      if (!any) return {};
    }
  }

 private:
  const std::string& key_name(size_t key) const {
    if (key < order_.numbered.size()) return order_.numbered[key].name;
    key -= order_.numbered.size();
    if (key < order_.registers.size()) return order_.registers[key].name;
    return order_.queues[key - order_.registers.size()].name();
  }

  QueueOrder::AddEdge queue_edges(size_t index) {
    const size_t key = order_.numbered.size() + order_.registers.size() + index;
    return [this, key](size_t from, size_t to, Dependency kind) {
      if (from != kNoOperation && to != kNoOperation) graph_.add(from, to, kind, key);
    };
  }

  void add_numbered(size_t index) {
    const NumberedKey& key = order_.numbered[index];
    // The nearest known writer at or before each version, and after it.
    const size_t versions = key.writers.size() + 1;
    std::vector<size_t> before(versions, kNoOperation);
    std::vector<size_t> after(versions, kNoOperation);
    for (size_t v = 1; v < versions; ++v) {
      before[v] = key.writers[v - 1] == kNoOperation ? before[v - 1] : key.writers[v - 1];
    }
    for (size_t v = versions - 1; v-- > 0;) {
      after[v] = key.writers[v] == kNoOperation ? after[v + 1] : key.writers[v];
    }
    for (size_t v = 1; v < versions; ++v) {
      if (key.writers[v - 1] == kNoOperation || after[v] == kNoOperation) continue;
      graph_.add(key.writers[v - 1], after[v], kWriteWrite, index);
    }
    for (const NumberedKey::Read& read : key.reads) {
      const size_t version = std::min(read.version, versions - 1);
      if (before[version] != kNoOperation) {
        graph_.add(before[version], read.operation, kWriteRead, index);
      }
      if (after[version] != kNoOperation) {
        graph_.add(read.operation, after[version], kReadWrite, index);
      }
    }
  }

  void add_register_reads(size_t index) {
    for (const RegisterKey::Version& version : order_.registers[index].versions) {
      if (version.writer == kNoOperation) continue;
      for (size_t reader : version.readers) {
        graph_.add(version.writer, reader, kWriteRead, order_.numbered.size() + index);
      }
    }
  }

  // An edge from each operation to those that were asked for after its answer; edges that follow
  // from others are left out: of the answered ones, only those are kept that no later question
  // preceded the answer of.
  void add_real_time() {
    struct Event {
      int64_t time;
      bool answer;
      size_t operation;
    };
    std::vector<Event> events;
    for (size_t i = 0; i < history_.operations.size(); ++i) {
      if (history_.operations[i].outcome == Outcome::kFailed) continue;
      events.push_back({history_.operations[i].invoked, false, i});
      if (history_.operations[i].answered != Operation::kNever) {
        events.push_back({history_.operations[i].answered, true, i});
      }
    }
    // At one time questions come first: nothing is known about their order.
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return a.time != b.time ? a.time < b.time : a.answer < b.answer;
    });
    std::vector<size_t> frontier;
    std::vector<std::vector<size_t>> preceding(history_.operations.size());
    for (const Event& event : events) {
      if (!event.answer) {
        for (size_t before : frontier)
          graph_.add(before, event.operation, kRealTime);
        preceding[event.operation] = frontier;
        continue;
      }
      // Whoever precedes this one is implied by it from now on.
      for (size_t before : preceding[event.operation])
        std::erase(frontier, before);
      frontier.push_back(event.operation);
    }
  }

  void add_session_order() {
    for (size_t i = 0; i < history_.operations.size(); ++i) {
      for (size_t before : history_.operations[i].after)
        graph_.add(before, i, kSession);
    }
  }

  // What follows for the versions of registers from the paths that there are: if something that
  // saw or made version a comes before something that saw or made version b, a is the older one.
  // True: something new.
  bool order_registers(const std::vector<DependencyGraph::Bits>& reached) {
    bool any = false;
    for (size_t index = 0; index < order_.registers.size(); ++index) {
      const RegisterKey& key = order_.registers[index];
      ordered_.resize(order_.registers.size());
      ordered_[index].resize(key.versions.size() * key.versions.size());
      for (size_t a = 0; a < key.versions.size(); ++a) {
        for (size_t b = 1; b < key.versions.size(); ++b) {
          if (a == b || ordered_[index][a * key.versions.size() + b]) continue;
          if (!precedes(key, a, b, reached)) continue;
          ordered_[index][a * key.versions.size() + b] = true;
          any = true;
          add_order(index, key.versions[a], key.versions[b]);
        }
      }
    }
    return any;
  }

  bool happened(const RegisterKey::Version& version) const {
    return version.writer == kNoOperation || order_.happened[version.writer];
  }

  bool precedes(const RegisterKey& key, size_t a, size_t b,
                const std::vector<DependencyGraph::Bits>& reached) const {
    const RegisterKey::Version& first = key.versions[a];
    const RegisterKey::Version& second = key.versions[b];
    if (!happened(first) || !happened(second)) return false;
    if (a == 0) return true;  // The absent one is the oldest.
    if (std::find(key.known.begin(), key.known.end(), std::pair(a, b)) != key.known.end()) {
      return true;
    }
    const auto any_reached = [&](size_t from) {
      if (test_bit(reached[from], second.writer)) return true;
      return std::any_of(second.readers.begin(), second.readers.end(),
                         [&](size_t to) { return test_bit(reached[from], to); });
    };
    return any_reached(first.writer) ||
           std::any_of(first.readers.begin(), first.readers.end(), any_reached);
  }

  void add_order(size_t index, const RegisterKey::Version& first,
                 const RegisterKey::Version& second) {
    const size_t key = order_.numbered.size() + index;
    if (first.writer != kNoOperation) graph_.add(first.writer, second.writer, kWriteWrite, key);
    for (size_t reader : first.readers)
      graph_.add(reader, second.writer, kReadWrite, key);
  }

  // The simplest kind of cycle first, so that the name says what is wrong.
  std::vector<DependencyGraph::Edge> smallest_cycle() const {
    for (const uint8_t kinds : {int{kWrites}, int{kReads}, int{kData}, kData | kSession,
                                kData | kRealTime, kData | kRealTime | kSession}) {
      auto cycle = graph_.shortest_cycle(static_cast<uint8_t>(kinds));
      if (!cycle.empty()) return cycle;
    }
    return {};
  }

  static std::string cycle_name(const std::vector<DependencyGraph::Edge>& cycle) {
    const auto count = [&](Dependency kind) {
      return std::count_if(cycle.begin(), cycle.end(),
                           [&](const auto& edge) { return edge.kind == kind; });
    };
    std::string name = count(kReadWrite) > 1    ? "G2"
                       : count(kReadWrite) == 1 ? "G-single"
                       : count(kWriteRead) > 0  ? "G1c"
                                                : "G0";
    if (count(kSession) > 0) name += "-session";
    if (count(kRealTime) > 0) name += "-realtime";
    return name;
  }

  std::string edge_text(const DependencyGraph::Edge& edge) const {
    switch (edge.kind) {
      case kWriteWrite:
        return "whose version of " + key_name(edge.key) + " was replaced by";
      case kWriteRead:
        return "whose version of " + key_name(edge.key) + " was read by";
      case kReadWrite:
        return "which read the version of " + key_name(edge.key) + " replaced by";
      case kRealTime:
        return "which was answered before the question of";
      case kSession:
        return "which its client sent in one pipeline before";
    }
    return {};
  }

  Verdict violation(const std::vector<DependencyGraph::Edge>& cycle) const {
    Verdict verdict;
    verdict.valid = false;
    verdict.anomaly = cycle_name(cycle);
    verdict.report = verdict.anomaly + ", a cycle of " + std::to_string(cycle.size()) + ":\n";
    for (const DependencyGraph::Edge& edge : cycle) {
      verdict.operations.push_back(edge.from);
      verdict.report +=
          "  " + describe(history_.operations[edge.from]) + "\n    " + edge_text(edge) + "\n";
    }
    verdict.report += "  " + describe(history_.operations[cycle[0].from]) + "\n";
    return verdict;
  }

  Verdict contradiction(const Contradiction& found) const {
    Verdict verdict;
    verdict.valid = false;
    verdict.anomaly = found.anomaly;
    verdict.report = found.anomaly + ":\n";
    for (size_t operation : found.operations) {
      if (operation == kNoOperation) continue;
      const auto& named = verdict.operations;
      if (std::find(named.begin(), named.end(), operation) != named.end()) continue;
      verdict.operations.push_back(operation);
      verdict.report += "  " + describe(history_.operations[operation]) + "\n";
    }
    return verdict;
  }

  const History& history_;
  VersionOrder order_;
  DependencyGraph graph_;
  std::vector<std::vector<bool>> ordered_;  // For each register: version a is older than b.
};

}  // namespace

Verdict check_history(const History& history) {
  return Check(history).run();
}

}  // namespace rondo
