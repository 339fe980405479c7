// ListLimits: up to where elements of a list are packed into one array of bytes, be it a whole
// small list or a node of a large one, and which nodes are never compressed: what
// list-max-listpack-size and list-compress-depth mean. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rondo {

struct ListLimits {
  size_t bytes_max;  // Of a packed value, its header included.
  size_t elements_max;
  size_t compress_depth;

  // The size: a positive number is elements, as long as they take no more than 8 KiB; -1 to -5
  // stand for 4, 8, 16, 32 and 64 KiB. Whatever it is, one element may be packed.
  //
  // The depth: so many nodes at each end are never compressed. Redis compresses none at all for 0,
  // its default; here 0 leaves the number to plain_nodes(). Who wants none compressed gives a
  // number that no list has nodes.
  static ListLimits of(int64_t max_listpack_size, int64_t compress_depth = 0);

  // How many nodes at each end of a list of `nodes` are not compressed. Without a number, four that
  // are 32 KiB, and fewer in lists where those would be most of it.
  size_t plain_nodes(size_t nodes) const {
    if (compress_depth > 0) return compress_depth;
    return nodes < 16 ? 1 : nodes < 32 ? nodes / 8 : 4;
  }

  // Whether a packed value of `bytes` with `elements` elements is within the limits.
  bool admit(size_t bytes, size_t elements) const {
    return bytes + kForeignBytes <= bytes_max && elements <= elements_max;
  }
  // Whether it is so small that a large list of this one node becomes a packed one again: far from
  // the limits, so that no list goes to and fro.
  bool admit_half(size_t bytes, size_t elements) const {
    return bytes + kForeignBytes <= bytes_max / 2 && elements <= elements_max / 2;
  }

 private:
  // A listpack of Redis has 7 bytes beside its elements, a packed value has 3. Limits mean Redis's
  // bytes, so that the same lists change their encoding.
  static constexpr size_t kForeignBytes = 4;
};

}  // namespace rondo
