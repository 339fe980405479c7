// Object: the value of a key that is not a string: the common base of the collections. Owned by
// the one entry or DetachedValue that refers to it, and touched only by the thread that executes
// for the shard that holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace rondo {

enum class Type : uint8_t { kString, kList, kSet, kZset, kHash, kStream };

// The name as TYPE prints it.
constexpr const char* type_name(Type type) {
  constexpr const char* kNames[] = {"string", "list", "set", "zset", "hash", "stream"};
  return kNames[static_cast<int>(type)];
}

class Object {
 public:
  explicit Object(Type type) : type_(type) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;

  Type type() const { return type_; }
  // The name as OBJECT ENCODING prints it.
  virtual const char* encoding() const = 0;
  // Heap bytes, as the allocator counts them, this object included. Constant time.
  virtual size_t footprint() const = 0;
  // Frees about `budget` elements; true when what is left can be deleted at once. The object is
  // used for nothing else from the first call on.
  virtual bool free_some(size_t budget) = 0;
  virtual std::unique_ptr<Object> clone() const = 0;
  // When a part of it should next be looked for that has expired, in Unix milliseconds; negative
  // when no part expires.
  virtual int64_t next_expiry_ms() const { return -1; }

 private:
  const Type type_;
};

}  // namespace rondo
