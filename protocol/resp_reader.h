// RespReader: bytes of a server to replies, RESP2 and RESP3, for the client's side of a connection:
// the command-line client, tests, replication. Incremental; a byte is looked at once however the
// input is split. Memory is bounded by the limits: nothing is allocated because of an announced
// length, only for bytes that came. No descriptor, no thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

struct RespValue {
  enum class Type : uint8_t {
    kNull,       // $-1, *-1 or _
    kSimple,     // +text
    kError,      // -text, or RESP3's !n
    kInteger,    // :integer
    kBulk,       // $n
    kDouble,     // ,real; `text` is how it was written.
    kBoolean,    // #t or #f: `integer` is 1 or 0.
    kBigNumber,  // (text
    kVerbatim,   // =n: `format` and `text`.
    kArray,      // *n
    kSet,        // ~n
    kMap,        // %n: `elements` is key, value, key, value.
    kPush,       // >n
  };

  Type type = Type::kNull;
  std::array<char, 3> format = {};
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<RespValue> elements;
  std::vector<RespValue> attributes;  // What |n in front of this value said: key, value, ...

  bool is_null() const { return type == Type::kNull; }
  bool is_error() const { return type == Type::kError; }
  bool is_push() const { return type == Type::kPush; }
  bool is_aggregate() const { return type >= Type::kArray; }
  bool operator==(const RespValue&) const = default;
};

class RespReader {
 public:
  struct Limits {
    size_t depth_max = 64;  // Aggregates inside one another.
    int64_t bulk_bytes_max = 512ll * 1024 * 1024;
    size_t line_bytes_max = 1024 * 1024;
    size_t values_max = 64ul * 1024 * 1024;  // In one reply, at all depths.
  };
  enum class Status : uint8_t {
    kNeedMore,
    kValue,
    kError,  // error_text() says why; the connection is of no more use.
  };

  RespReader() = default;
  explicit RespReader(const Limits& limits) : limits_(limits) {}

  // Adds what was received.
  void feed(std::string_view bytes);
  // Takes the next whole reply out. `value` changes only when the status is kValue.
  Status next(RespValue& value);

  const std::string& error_text() const { return error_text_; }
  // Bytes fed that are not part of a reply taken out yet.
  size_t pending_bytes() const { return reply_bytes_ + buffer_.size() - position_; }

 private:
  // An aggregate whose elements are being read, or the attributes in front of a value.
  struct Frame {
    RespValue value;
    size_t left = 0;          // Elements still to come, at least one.
    bool attributes = false;  // These are attributes of the next value.
  };

  enum class Step : uint8_t { kDone, kNeedMore, kFailed };

  Step read_line();
  Step read_payload();
  Step open_aggregate(char type, std::string_view count);
  Step open_payload(char type, std::string_view length);
  Step read_scalar(char type, std::string_view text);
  RespValue make(RespValue::Type type);
  Step add(RespValue value);
  void advance(size_t bytes);
  void compact();
  Step fail(std::string_view what, std::string_view bytes);

  Limits limits_;
  std::string buffer_;
  size_t position_ = 0;     // The next byte in buffer_.
  size_t scanned_ = 0;      // Bytes from there on that hold no CR.
  size_t reply_bytes_ = 0;  // Bytes of the unfinished reply that left buffer_ already.
  char payload_type_ = 0;   // '$', '!' or '=' while its payload is expected, otherwise 0.
  size_t payload_bytes_ = 0;
  size_t values_ = 0;  // In the unfinished reply.
  std::vector<Frame> frames_;
  std::vector<RespValue> attributes_;  // For the next value.
  RespValue root_;
  bool complete_ = false;  // root_ is a whole reply.
  std::string error_text_;
};

}  // namespace rondo
