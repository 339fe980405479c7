// InputBuffer: what a session keeps of its client's bytes: an unfinished command, or input that has
// to wait. Owned by a Session; its thread. A short one is a string; a long one, which a single
// command can fill with hundreds of megabytes, is a mapping that grows without being copied and is
// given back in slices, so that no append takes more than some tenths of a millisecond.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "reactor/base/shared_bytes.h"

namespace rondo {

class InputBuffer {
 public:
  // From here on it is a mapping. What is copied once is small beside it.
  static constexpr size_t kLongBytes = 256 * 1024;

  size_t size() const { return is_long() ? long_size_ : short_.size(); }
  bool empty() const { return size() == 0; }
  // Of a mapping only what was written to takes memory, and a very short string has no room of its
  // own.
  size_t capacity() const {
    static const size_t kInside = std::string().capacity();
    return is_long() || short_.capacity() <= kInside ? size() : short_.capacity();
  }
  // Valid until the next change, which may move the bytes.
  std::string_view view() const {
    return is_long() ? std::string_view(long_.data(), long_size_) : std::string_view(short_);
  }

  // REQUIRES: `bytes` is no part of this.
  void append(std::string_view bytes) {
    const size_t total = size() + bytes.size();
    if (!is_long()) {
      if (total <= kLongBytes) [[likely]] {
        short_.append(bytes);
        return;
      }
      long_ = SharedBytes::allocate(std::max(total, SharedBytes::kMappedMin));
      std::memcpy(long_.mutable_data(), short_.data(), short_.size());
      long_size_ = short_.size();
      drop_short();
    } else if (total > long_.capacity()) {
      long_.grow(std::max(total, 2 * long_.capacity()));
    }
    std::memcpy(long_.mutable_data() + long_size_, bytes.data(), bytes.size());
    long_size_ = total;
  }
  void clear() {
    short_.clear();
    drop_long();
  }
  // `bytes` may be a part of this.
  void assign(std::string_view bytes) {
    if (!is_long()) {
      short_.assign(bytes);
      return;
    }
    InputBuffer fresh;
    fresh.append(bytes);
    *this = std::move(fresh);
  }
  void drop_front(size_t bytes) {
    if (is_long()) {
      assign(view().substr(bytes));
    } else {
      short_.erase(0, bytes);
    }
  }
  // REQUIRES: empty(). Keeps no more than so many bytes of memory.
  void trim(size_t bytes) {
    if (short_.capacity() > bytes) drop_short();
  }

 private:
  bool is_long() const { return static_cast<bool>(long_); }
  // An assignment would keep the memory.
  void drop_short() { std::string().swap(short_); }
  void drop_long() {
    long_ = SharedBytes();
    long_size_ = 0;
  }

  std::string short_;  // Empty while the other is used.
  SharedBytes long_;
  size_t long_size_ = 0;
};

}  // namespace rondo
