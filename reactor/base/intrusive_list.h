// List: a doubly linked list of objects that carry their own links (derive from ListHook), so
// adding and removing neither allocates nor searches. Does not own its members. A node removes
// itself when it is destroyed.
#pragma once

#include "reactor/base/check.h"

namespace rondo {

class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class T>
  friend class List;
  ListHook* next_ = nullptr;
  ListHook* previous_ = nullptr;
};

template <class T>
class List {
 public:
  List() { root_.next_ = root_.previous_ = &root_; }
  ~List() {
    while (!empty())
      front().unlink();
    root_.next_ = root_.previous_ = nullptr;
  }

  bool empty() const { return root_.next_ == &root_; }
  T& front() {
    CHECK(!empty());
    return static_cast<T&>(*root_.next_);
  }
  T& back() {
    CHECK(!empty());
    return static_cast<T&>(*root_.previous_);
  }
  // REQUIRES: `node` is in no list.
  void push_back(T& member) {
    ListHook& node = member;
    CHECK(!node.linked());
    node.previous_ = root_.previous_;
    node.next_ = &root_;
    root_.previous_->next_ = &node;
    root_.previous_ = &node;
  }

  // `visit(T&)` may unlink the member it is given, and no other.
  template <class Visit>
  void for_each(Visit&& visit) {
    for_each_while([&](T& member) {
      visit(member);
      return true;
    });
  }
  // The same until `visit(T&)` returns false.
  template <class Visit>
  void for_each_while(Visit&& visit) {
    for (ListHook* node = root_.next_; node != &root_;) {
      ListHook* next = node->next_;
      if (!visit(static_cast<T&>(*node))) return;
      node = next;
    }
  }

 private:
  ListHook root_;
};

}  // namespace rondo
