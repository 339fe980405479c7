// Reused: a list whose elements keep their address and, when the list is cleared, their memory: for
// objects with buffers of their own that are needed again and again. T has clear().
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "reactor/base/check.h"

namespace rondo {

template <class T>
class Reused {
 public:
  // A cleared element at the end.
  T& add() {
    if (size_ == all_.size()) all_.push_back(std::make_unique<T>());
    return *all_[size_++];
  }
  void clear() {
    for (size_t i = 0; i < size_; ++i) {
      all_[i]->clear();
    }
    size_ = 0;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) {
    DCHECK(i < size_);
    return *all_[i];
  }
  const T& operator[](size_t i) const {
    DCHECK(i < size_);
    return *all_[i];
  }

  // For range-for.
  template <class Element, class Pointer>
  struct Iterator {
    Pointer at;
    Element& operator*() const { return **at; }
    Iterator& operator++() {
      ++at;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at != other.at; }
  };
  using Owner = std::unique_ptr<T>;
  auto begin() { return Iterator<T, Owner*>{all_.data()}; }
  auto end() { return Iterator<T, Owner*>{all_.data() + size_}; }
  auto begin() const { return Iterator<const T, const Owner*>{all_.data()}; }
  auto end() const { return Iterator<const T, const Owner*>{all_.data() + size_}; }

 private:
  std::vector<Owner> all_;
  size_t size_ = 0;
};

}  // namespace rondo
