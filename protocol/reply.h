// Reply: writes one client's replies as RESP2 or RESP3 into an OutBuffer. Aggregate headers are
// followed by that many elements, written by further calls. In RESP2 a map is an array of twice
// the length, a set and a push are arrays, a double a bulk string, a bool an integer, a verbatim
// string and a big number bulk strings, and null depends on the call.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/error.h"
#include "protocol/out_buffer.h"

namespace rondo {

enum class Resp : uint8_t { k2 = 2, k3 = 3 };

class Reply {
 public:
  Reply(OutBuffer& out, Resp version) : out_(out), version_(version) {}

  Resp version() const { return version_; }
  OutBuffer& out() { return out_; }

  void ok();                               // +OK
  void simple(std::string_view text);      // +text, without CR or LF in it.
  void error(std::string_view text);       // -text; CR and LF in it become spaces.
  void integer(int64_t value);             // :value
  void bulk(std::string_view bytes);       // $n
  void bulk(const SharedBytes& bytes);     // $n, by reference when large.
  void bulk_integer(int64_t value);        // The decimal digits as a bulk string.
  void null();                             // $-1 or _
  void null_array();                       // *-1 or _
  void array(size_t count);                // *n
  void map(size_t pairs);                  // *2n or %n
  void set(size_t count);                  // *n or ~n
  void push(size_t count);                 // *n or >n
  void attribute(size_t pairs);            // |n, RESP3 only: REQUIRES version() == k3.
  void boolean(bool value);                // :1 or #t
  void real(double value);                 // Bulk or ,value; as Redis formats a double.
  void big_number(std::string_view digits);                          // Bulk or (digits
  void verbatim(std::string_view format3, std::string_view text);    // Bulk or =n txt:...

  // Marks the end of one element of a reply that another thread will take apart; see
  // shard/command.h, Merge::kGather. Does nothing when no marks were asked for.
  void end_element() {
    if (marks_) marks_->push_back(static_cast<uint32_t>(out_.size()));
  }
  void collect_marks(std::vector<uint32_t>* marks) { marks_ = marks; }

 private:
  OutBuffer& out_;
  Resp version_;
  std::vector<uint32_t>* marks_ = nullptr;
};

}  // namespace rondo
