// Reply: writes one client's replies as RESP2 or RESP3 into an OutBuffer. Aggregate headers are
// followed by that many elements, written by further calls. In RESP2 a map is an array of twice
// the length, a set and a push are arrays, a double a bulk string, a bool an integer, a verbatim
// string and a big number bulk strings, and null depends on the call.
//
// It holds no state but the version and the marks: it may be made anew for each command. The calls
// that nearly every command makes are inline.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "protocol/error.h"
#include "protocol/number.h"
#include "protocol/out_buffer.h"

namespace rondo {

enum class Resp : uint8_t { k2 = 2, k3 = 3 };

class Reply {
 public:
  Reply(OutBuffer& out, Resp version) : out_(out), version_(version) {}

  Resp version() const { return version_; }
  OutBuffer& out() { return out_; }

  void ok() { constant("+OK\r\n"); }   // +OK
  void simple(std::string_view text);  // +text, without CR or LF in it.
  void error(std::string_view text);   // -text; CR and LF inside become spaces.
  void integer(int64_t value) { header(':', value); }
  void bulk(std::string_view bytes);    // $n
  void bulk(const SharedBytes& bytes);  // $n, by reference when large.
  void bulk(const char* text) { bulk(std::string_view(text)); }
  void bulk_integer(int64_t value);  // The decimal digits as a bulk string.
  void null() { version_ == Resp::k2 ? constant("$-1\r\n") : constant("_\r\n"); }
  void null_array() { version_ == Resp::k2 ? constant("*-1\r\n") : constant("_\r\n"); }
  void array(size_t count) { header('*', static_cast<int64_t>(count)); }
  void map(size_t pairs);                    // *2n or %n
  void set(size_t count);                    // *n or ~n
  void push(size_t count);                   // *n or >n
  void attribute(size_t pairs);              // |n, RESP3 only: REQUIRES version() == k3.
  void boolean(bool value);                  // :1 or #t
  void real(double value);                   // Bulk or ,value; as Redis formats a double.
  void big_number(std::string_view digits);  // Bulk or (digits
  // Bulk or =n txt:...; `format3` has three bytes.
  void verbatim(std::string_view format3, std::string_view text);

  // Marks the end of one element of a reply that another thread will take apart; see
  // shard/command.h, Merge::kGather. Does nothing when no marks were asked for.
  void end_element() {
    if (marks_) marks_->push_back(out_.size());
  }
  void collect_marks(std::vector<size_t>* marks) { marks_ = marks; }

 private:
  // A type byte, a number and a line end.
  static constexpr size_t kHeaderBytesMax = 1 + kIntegerBytesMax + 2;
  // Bulk strings up to this length are written in one go.
  static constexpr size_t kShortBytesMax = 1024;

  template <size_t kSize>
  void constant(const char (&text)[kSize]) {
    std::memcpy(out_.reserve(kSize - 1), text, kSize - 1);
    out_.commit(kSize - 1);
  }

  static char* put_header(char* at, char type, int64_t value) {
    *at++ = type;
    if (static_cast<uint64_t>(value) < 10) {
      *at++ = static_cast<char>('0' + value);
    } else if (static_cast<uint64_t>(value) < 100) {
      *at++ = static_cast<char>('0' + value / 10);
      *at++ = static_cast<char>('0' + value % 10);
    } else {
      at += format_integer(value, at);
    }
    *at++ = '\r';
    *at++ = '\n';
    return at;
  }

  void header(char type, int64_t value) {
    char* start = out_.reserve(kHeaderBytesMax);
    out_.commit(static_cast<size_t>(put_header(start, type, value) - start));
  }

  void line(char type, std::string_view text);
  void long_bulk(std::string_view bytes);

  OutBuffer& out_;
  Resp version_;
  std::vector<size_t>* marks_ = nullptr;
};

inline void Reply::bulk(std::string_view bytes) {
  if (bytes.size() > kShortBytesMax) [[unlikely]]
    return long_bulk(bytes);
  char* start = out_.reserve(kHeaderBytesMax + bytes.size() + 2);
  char* at = put_header(start, '$', static_cast<int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  at += bytes.size();
  *at++ = '\r';
  *at++ = '\n';
  out_.commit(static_cast<size_t>(at - start));
}

}  // namespace rondo
