#include "protocol/reply.h"

#include <algorithm>

#include "reactor/base/check.h"

namespace rondo {

// A type byte, `text` of any length, and a line end.
void Reply::line(char type, std::string_view text) {
  out_.append({&type, 1});
  out_.append(text);
  constant("\r\n");
}

void Reply::simple(std::string_view text) {
  line('+', text);
}

void Reply::error(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.remove_suffix(1);
  out_.append("-");
  // A line end inside would let a client's bytes, quoted in the text, forge a reply.
  while (!text.empty()) {
    const size_t plain = std::min(text.find_first_of("\r\n"), text.size());
    out_.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    out_.append(" ");
    text.remove_prefix(1);
  }
  constant("\r\n");
}

void Reply::long_bulk(std::string_view bytes) {
  header('$', static_cast<int64_t>(bytes.size()));
  out_.append(bytes);
  constant("\r\n");
}

void Reply::bulk(const SharedBytes& bytes) {
  if (bytes.size() < OutBuffer::kShareBytesMin) return bulk(bytes.view());
  header('$', static_cast<int64_t>(bytes.size()));
  out_.append_shared(bytes, 0, bytes.size());
  constant("\r\n");
}

void Reply::bulk_integer(int64_t value) {
  char digits[kIntegerBytesMax];
  bulk(std::string_view(digits, format_integer(value, digits)));
}

void Reply::map(size_t pairs) {
  version_ == Resp::k2 ? array(2 * pairs) : header('%', static_cast<int64_t>(pairs));
}

void Reply::set(size_t count) {
  header(version_ == Resp::k2 ? '*' : '~', static_cast<int64_t>(count));
}

void Reply::push(size_t count) {
  header(version_ == Resp::k2 ? '*' : '>', static_cast<int64_t>(count));
}

void Reply::attribute(size_t pairs) {
  CHECK(version_ == Resp::k3);
  header('|', static_cast<int64_t>(pairs));
}

void Reply::boolean(bool value) {
  if (version_ == Resp::k2) return integer(value ? 1 : 0);
  value ? constant("#t\r\n") : constant("#f\r\n");
}

void Reply::real(double value) {
  char text[kDoubleBytesMax];
  const std::string_view digits(text, format_double(value, text));
  version_ == Resp::k2 ? bulk(digits) : line(',', digits);
}

void Reply::big_number(std::string_view digits) {
  version_ == Resp::k2 ? bulk(digits) : line('(', digits);
}

void Reply::verbatim(std::string_view format3, std::string_view text) {
  CHECK(format3.size() == 3);
  if (version_ == Resp::k2) return bulk(text);
  header('=', static_cast<int64_t>(4 + text.size()));
  out_.append(format3);
  out_.append(":");
  out_.append(text);
  constant("\r\n");
}

}  // namespace rondo
