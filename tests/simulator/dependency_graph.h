// DependencyGraph: which operations must come before which, and why. A history that can be put in
// one order has no cycle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

// Kinds of dependency; a set of them is a mask.
enum Dependency : uint8_t {
  kWriteWrite = 1 << 0,  // The second one's version replaced the first one's.
  kWriteRead = 1 << 1,   // The second one read what the first one wrote.
  kReadWrite = 1 << 2,   // The second one replaced what the first one read.
  kRealTime = 1 << 3,    // The first one had been answered when the second one was asked for.
  kSession = 1 << 4,     // The server promises this order to one client's pipeline.
};

class DependencyGraph {
 public:
  struct Edge {
    size_t from;
    size_t to;
    Dependency kind;
    size_t key;  // Of the first three kinds: an index of the caller's.
  };

  explicit DependencyGraph(size_t nodes) : out_(nodes) {}

  size_t nodes() const { return out_.size(); }
  // An edge from a node to itself says nothing and is left out.
  void add(size_t from, size_t to, Dependency kind, size_t key = 0);

  // The shortest cycle with only edges of `kinds`; empty: there is none.
  std::vector<Edge> shortest_cycle(uint8_t kinds) const;

  // reaches(a)[b]: there is a path of at least one edge from a to b. REQUIRES: no cycle.
  using Bits = std::vector<uint64_t>;
  std::vector<Bits> closure() const;

 private:
  std::vector<size_t> components(uint8_t kinds) const;

  std::vector<std::vector<Edge>> out_;
};

inline bool test_bit(const DependencyGraph::Bits& bits, size_t i) {
  return (bits[i / 64] >> (i % 64) & 1) != 0;
}
inline void set_bit(DependencyGraph::Bits& bits, size_t i) {
  bits[i / 64] |= uint64_t{1} << (i % 64);
}

}  // namespace rondo
