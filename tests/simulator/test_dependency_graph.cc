// The graph against a simple search over all pairs.
#include <algorithm>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/simulator/dependency_graph.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Length of the shortest path of at least one edge between all pairs, by Floyd and Warshall.
std::vector<std::vector<size_t>> distances(const std::vector<DependencyGraph::Edge>& edges,
                                           size_t nodes, uint8_t kinds) {
  constexpr size_t kFar = 1000;
  std::vector<std::vector<size_t>> distance(nodes, std::vector<size_t>(nodes, kFar));
  for (const auto& edge : edges) {
    if ((edge.kind & kinds) != 0) distance[edge.from][edge.to] = 1;
  }
  for (size_t k = 0; k < nodes; ++k) {
    for (size_t i = 0; i < nodes; ++i) {
      for (size_t j = 0; j < nodes; ++j) {
        distance[i][j] = std::min(distance[i][j], distance[i][k] + distance[k][j]);
      }
    }
  }
  return distance;
}

TEST_CASE("the shortest cycle is a cycle and the shortest") {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    const size_t nodes = 2 + prng.below(30);
    DependencyGraph graph(nodes);
    std::vector<DependencyGraph::Edge> edges;
    for (size_t n = prng.below(2 * nodes); n > 0; --n) {
      const size_t from = prng.below(nodes);
      const size_t to = prng.below(nodes);
      const auto kind = static_cast<Dependency>(1 << prng.below(3));
      graph.add(from, to, kind);
      if (from != to) edges.push_back({from, to, kind, 0});
    }
    for (const uint8_t kinds : {uint8_t{kWriteWrite}, uint8_t{kWriteWrite | kReadWrite}}) {
      const auto distance = distances(edges, nodes, kinds);
      size_t shortest = 1000;
      for (size_t i = 0; i < nodes; ++i)
        shortest = std::min(shortest, distance[i][i]);
      const auto cycle = graph.shortest_cycle(kinds);
      CHECK_EQ(cycle.size(), shortest >= 1000 ? 0 : shortest);
      for (size_t i = 0; i < cycle.size(); ++i) {
        CHECK_EQ(cycle[i].to, cycle[(i + 1) % cycle.size()].from);
        CHECK((cycle[i].kind & kinds) != 0);
      }
    }
  }
}

TEST_CASE("the closure is what can be reached") {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    const size_t nodes = 2 + prng.below(150);
    DependencyGraph graph(nodes);
    std::vector<DependencyGraph::Edge> edges;
    for (size_t n = prng.below(2 * nodes); n > 0; --n) {
      // Edges upward only: no cycle.
      const size_t from = prng.below(nodes - 1);
      const size_t to = from + 1 + prng.below(nodes - from - 1);
      graph.add(from, to, kWriteRead);
      edges.push_back({from, to, kWriteRead, 0});
    }
    const auto distance = distances(edges, nodes, kWriteRead);
    const auto closure = graph.closure();
    size_t wrong = 0;
    for (size_t i = 0; i < nodes; ++i) {
      for (size_t j = 0; j < nodes; ++j) {
        wrong += test_bit(closure[i], j) != (distance[i][j] < 1000);
      }
    }
    CHECK_EQ(wrong, 0);
  }
}

}  // namespace
}  // namespace rondo
