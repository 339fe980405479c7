#include "tests/simulator/dependency_graph.h"

#include <algorithm>
#include <deque>

#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr size_t kNone = SIZE_MAX;

}  // namespace

void DependencyGraph::add(size_t from, size_t to, Dependency kind, size_t key) {
  CHECK(from < nodes());
  CHECK(to < nodes());
  if (from != to) out_[from].push_back({from, to, kind, key});
}

// Strongly connected components by Tarjan's algorithm (1972), with a stack of its own. Components
// are numbered in reverse topological order.
std::vector<size_t> DependencyGraph::components(uint8_t kinds) const {
  struct Frame {
    size_t node;
    size_t edge;
  };
  std::vector<size_t> component(nodes(), kNone);
  std::vector<size_t> index(nodes(), kNone);
  std::vector<size_t> low(nodes());
  std::vector<size_t> open;
  std::vector<Frame> frames;
  size_t visited = 0;
  size_t count = 0;
  for (size_t root = 0; root < nodes(); ++root) {
    if (index[root] != kNone) continue;
    frames.push_back({root, 0});
    while (!frames.empty()) {
      const size_t node = frames.back().node;
      if (frames.back().edge == 0) {
        index[node] = low[node] = visited++;
        open.push_back(node);
      }
      bool descended = false;
      while (frames.back().edge < out_[node].size()) {
        const Edge& edge = out_[node][frames.back().edge++];
        if ((edge.kind & kinds) == 0 || component[edge.to] != kNone) continue;
        if (index[edge.to] == kNone) {
          frames.push_back({edge.to, 0});
          descended = true;
          break;
        }
        low[node] = std::min(low[node], index[edge.to]);
      }
      if (descended) continue;
      if (low[node] == index[node]) {
        while (component[node] == kNone) {
          component[open.back()] = count;
          open.pop_back();
        }
        ++count;
      }
      frames.pop_back();
      if (!frames.empty()) {
        const size_t parent = frames.back().node;
        low[parent] = std::min(low[parent], low[node]);
      }
    }
  }
  return component;
}

std::vector<DependencyGraph::Edge> DependencyGraph::shortest_cycle(uint8_t kinds) const {
  const std::vector<size_t> component = components(kinds);
  std::vector<Edge> best;
  std::vector<const Edge*> entered(nodes());
  std::vector<size_t> seen(nodes(), kNone);
  for (size_t start = 0; start < nodes(); ++start) {
    // Breadth first from `start` inside its component until an edge leads back to it.
    std::vector<size_t> queue = {start};
    std::vector<size_t> depth = {0};
    seen[start] = start;
    const Edge* back = nullptr;
    for (size_t i = 0; i < queue.size() && !back; ++i) {
      if (!best.empty() && depth[i] + 1 >= best.size()) break;
      for (const Edge& edge : out_[queue[i]]) {
        if ((edge.kind & kinds) == 0 || component[edge.to] != component[start]) continue;
        if (edge.to == start) {
          back = &edge;
          break;
        }
        if (seen[edge.to] == start) continue;
        seen[edge.to] = start;
        entered[edge.to] = &edge;
        queue.push_back(edge.to);
        depth.push_back(depth[i] + 1);
      }
    }
    if (!back) continue;
    std::vector<Edge> cycle = {*back};
    for (size_t node = back->from; node != start; node = entered[node]->from) {
      cycle.push_back(*entered[node]);
    }
    std::reverse(cycle.begin(), cycle.end());
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
    if (best.size() == 2) break;
  }
  return best;
}

std::vector<DependencyGraph::Bits> DependencyGraph::closure() const {
  const std::vector<size_t> component = components(UINT8_MAX);
  std::vector<size_t> order(nodes());
  for (size_t node = 0; node < nodes(); ++node) {
    CHECK(component[node] < nodes());
    order[component[node]] = node;
  }
  const size_t words = nodes() / 64 + 1;
  std::vector<Bits> reached(nodes(), Bits(words));
  for (size_t node : order) {
    for (const Edge& edge : out_[node]) {
      if (test_bit(reached[node], edge.to)) continue;
      set_bit(reached[node], edge.to);
      for (size_t word = 0; word < words; ++word)
        reached[node][word] |= reached[edge.to][word];
    }
  }
  return reached;
}

}  // namespace rondo
