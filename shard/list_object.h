// ListObject: a list that is too large to be one packed value: nodes of packed elements, as many in
// each as its ListLimits allow, in a directory that is walked quickly. An element larger than that
// has a node of its own. A push or a pop at either end takes constant time; an index is found by
// adding up the counts of the nodes from the nearer end, 24 bytes for some hundred elements.
//
// Nodes far from both ends are compressed, one when a push has made a new node at its end. They are
// plain again before they come to be among the limits' plain_nodes() at an end; what lies between
// the two is a node or more, so that no push and pop in turns compress and decompress each time. A
// change in the middle leaves its node plain: changes go on where they were. A hand, like that of
// a clock, goes a node on at every fourth of them, and some nodes on when a node is added at an
// end; it compresses what was not changed since it last passed. So a list that is changed all over
// is plain while that lasts. Where compression has saved nothing, the next nodes are not tried.
//
// Owned by one entry or DetachedValue; touched only by the thread that executes for its shard. It
// counts its own memory, so that it can move between shards; so it must stand on the heap.
//
// Invariants: no node is empty, one with several elements is within the limits, and plain_nodes()
// at each end are plain. The changes in the middle are in list_object_edit.cc, what compresses in
// list_object_compress.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "shard/list_directory.h"
#include "shard/list_limits.h"
#include "shard/list_node.h"
#include "shard/memory.h"
#include "shard/object.h"
#include "shard/packed.h"

namespace rondo {

// Where an element is: its node, and its offset there. Behind the last one it is that of the end.
struct ListPlace {
  size_t node;
  size_t offset;
};

class ListObject final : public Object {
 public:
  explicit ListObject(const ListLimits& limits);
  ~ListObject() override;

  const char* encoding() const override { return "quicklist"; }
  size_t footprint() const override;
  bool free_some(size_t budget) override;
  std::unique_ptr<Object> clone() const override;

  size_t size() const { return size_; }
  size_t nodes() const { return directory_.size(); }
  // REQUIRES: i < nodes(). Valid until the next change, as all places are, and until `scratch` is
  // used for another node.
  PackedView node(size_t i, ListScratch& scratch) const { return directory_[i].view(scratch); }
  bool is_compressed(size_t i) const { return directory_[i].is_compressed(); }
  // REQUIRES: index < size().
  ListPlace seek(size_t index, ListScratch& scratch) const;

  // Takes over the elements of a packed list. REQUIRES: it is empty.
  void adopt(std::string_view packed);

  void push(ListEnd end, const PackedElement& element);
  // Removes `count` elements from `index` on. REQUIRES: there are so many.
  void erase(size_t index, size_t count);
  // Replaces the element at `place`.
  void set(ListPlace place, const PackedElement& element);
  // The element comes before the one at `place`.
  void insert(ListPlace place, const PackedElement& element);
  // The node that is nearest to the end `from` among those with an element equal to `wanted`; false
  // when there is none.
  bool find_node(const PackedElement& wanted, ListEnd from, size_t& node) const;
  // Removes the elements equal to `wanted`, at most `limit`, those first that are nearer to the end
  // `from`, beginning at `node`, which find_node() gave. Returns how many.
  size_t remove(const PackedElement& wanted, size_t limit, ListEnd from, size_t node);

  // Checks every invariant; CHECK-fails on a violation. Slow.
  void verify() const;

 private:
  // The node of element `index`, which becomes its index there.
  size_t find_node_of(size_t& index) const;
  // Whether `element` may come into this node.
  bool fits(const ListNode& node, const PackedElement& element) const {
    return limits_.admit(node.bytes() + element.size(Type::kList), node.count() + 1);
  }
  void add_node(size_t at, const PackedElement& element);
  void insert_into(size_t node, size_t offset, const PackedElement& element);
  // The elements of the node from `offset` on become a node of their own behind it.
  void split(size_t node, size_t offset);
  // Makes one node of neighbours among nodes [first, end) where that fits.
  void join(size_t first, size_t end);
  // What remove() does in one node.
  size_t filter(ListNode& node, const PackedElement& wanted, size_t limit, ListEnd from);
  void erase_within(size_t node, size_t offset, size_t count);
  void drop_nodes(size_t first, size_t count);

  size_t plain_nodes() const { return limits_.plain_nodes(nodes()); }
  // Tries to; false also for a node that is compressed already, or not worth it.
  bool compress(ListNode& node);
  // The node is plain then, and may be changed.
  ListNode& open(size_t node);
  // A node was added at `end`: one has come to be far from it.
  void compress_behind(ListEnd end);
  // At most `gone` nodes were removed, or joined with others: those that came to be at the ends
  // have to be plain.
  void open_ends(size_t gone);
  // Something was changed in node `changed`.
  void note_change(size_t changed);
  // Looks at `steps` nodes, and compresses one at the most.
  void move_hand(size_t steps);

  MemoryAccount account_;
  ListDirectory directory_;
  size_t size_ = 0;
  const ListLimits limits_;
  size_t hand_ = 0;
  uint8_t changes_ = 0;   // Since the hand moved.
  uint8_t failures_ = 0;  // Of compress(), one after the other.
  uint8_t skips_ = 0;     // How many nodes it does not try.
};

}  // namespace rondo
