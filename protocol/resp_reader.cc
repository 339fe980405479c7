#include "protocol/resp_reader.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "protocol/number.h"
#include "protocol/quote.h"
#include "reactor/base/check.h"

namespace rondo {
namespace {

using Type = RespValue::Type;

// A buffer that grew beyond this for a large reply is given back afterwards.
constexpr size_t kKeptBytesMax = 64 * 1024;
constexpr size_t kLineEndBytes = 2;

bool is_big_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<double> parse_real(std::string_view text) {
  if (text == "nan" || text == "-nan") return std::numeric_limits<double>::quiet_NaN();
  return parse_double(text);
}

Type aggregate_type(char type) {
  switch (type) {
    case '~':
      return Type::kSet;
    case '%':
      return Type::kMap;
    case '>':
      return Type::kPush;
    default:
      return Type::kArray;
  }
}

}  // namespace

void RespReader::feed(std::string_view bytes) {
  compact();
  buffer_.append(bytes);
}

// Moves the unread rest to the front when it is the smaller part, which keeps the cost of all
// moves below that of the bytes read.
void RespReader::compact() {
  const size_t rest = buffer_.size() - position_;
  if (position_ < rest) return;
  if (buffer_.capacity() > kKeptBytesMax && rest <= kKeptBytesMax / 2) {
    buffer_ = std::string(buffer_, position_);
  } else {
    buffer_.erase(0, position_);
  }
  position_ = 0;
}

void RespReader::advance(size_t bytes) {
  position_ += bytes;
  reply_bytes_ += bytes;
  scanned_ = 0;
}

RespReader::Status RespReader::next(RespValue& value) {
  if (!error_text_.empty()) return Status::kError;
  while (!complete_) {
    const Step step = payload_type_ != 0 ? read_payload() : read_line();
    if (step == Step::kNeedMore) return Status::kNeedMore;
    if (step == Step::kFailed) return Status::kError;
  }
  value = std::exchange(root_, {});
  complete_ = false;
  values_ = 0;
  reply_bytes_ = 0;
  compact();
  return Status::kValue;
}

RespReader::Step RespReader::read_line() {
  const std::string_view rest = std::string_view(buffer_).substr(position_);
  const size_t length = rest.find('\r', scanned_);
  scanned_ = std::min(length, rest.size());
  if (scanned_ > limits_.line_bytes_max) return fail("a line is too long", {});
  if (length == std::string_view::npos || length + 1 == rest.size()) return Step::kNeedMore;
  const std::string_view line = rest.substr(0, length);
  if (rest[length + 1] != '\n') return fail("a line ends without LF", line);
  if (line.empty()) return fail("a reply has no type", line);
  advance(length + kLineEndBytes);
  const char type = line[0];
  const std::string_view text = line.substr(1);
  switch (type) {
    case '*':
    case '~':
    case '%':
    case '>':
    case '|':
      return open_aggregate(type, text);
    case '$':
    case '!':
    case '=':
      return open_payload(type, text);
    default:
      return read_scalar(type, text);
  }
}

RespReader::Step RespReader::open_aggregate(char type, std::string_view count) {
  const std::optional<int64_t> announced = parse_integer(count);
  if (announced == -1 && type == '*') return add(make(Type::kNull));
  if (!announced || *announced < 0) return fail("invalid number of elements", count);
  const bool pairs = type == '%' || type == '|';
  const auto number = static_cast<uint64_t>(*announced);
  if (number > limits_.values_max) return fail("too many elements", count);
  if (frames_.size() >= limits_.depth_max) return fail("aggregates are nested too deeply", {});
  Frame frame{make(aggregate_type(type)), pairs ? 2 * number : number, type == '|'};
  if (frame.left > 0) {
    frames_.push_back(std::move(frame));
  } else if (frame.attributes) {
    attributes_ = std::move(frame.value.attributes);
  } else {
    return add(std::move(frame.value));
  }
  return Step::kDone;
}

RespReader::Step RespReader::open_payload(char type, std::string_view length) {
  const std::optional<int64_t> announced = parse_integer(length);
  if (announced == -1 && type == '$') return add(make(Type::kNull));
  if (!announced || *announced < 0) return fail("invalid length", length);
  if (*announced > limits_.bulk_bytes_max) return fail("a string is too long", length);
  payload_type_ = type;
  payload_bytes_ = static_cast<size_t>(*announced);
  return Step::kDone;
}

RespReader::Step RespReader::read_payload() {
  const std::string_view rest = std::string_view(buffer_).substr(position_);
  if (rest.size() < payload_bytes_ + kLineEndBytes) return Step::kNeedMore;
  std::string_view payload = rest.substr(0, payload_bytes_);
  if (rest.substr(payload_bytes_, kLineEndBytes) != "\r\n") {
    return fail("a string is longer than its length", {});
  }
  const char type = std::exchange(payload_type_, '\0');
  RespValue value = make(type == '$' ? Type::kBulk : type == '!' ? Type::kError : Type::kVerbatim);
  if (type == '=') {
    if (payload.size() < 4 || payload[3] != ':') return fail("a verbatim string has no format", {});
    std::copy_n(payload.begin(), 3, value.format.begin());
    payload.remove_prefix(4);
  }
  value.text = payload;
  advance(payload_bytes_ + kLineEndBytes);
  return add(std::move(value));
}

RespReader::Step RespReader::read_scalar(char type, std::string_view text) {
  RespValue value = make(Type::kNull);
  switch (type) {
    case '+':
    case '-':
      value.type = type == '+' ? Type::kSimple : Type::kError;
      value.text = text;
      break;
    case ':':
      value.type = Type::kInteger;
      if (const std::optional<int64_t> integer = parse_integer(text)) {
        value.integer = *integer;
        break;
      }
      return fail("invalid integer", text);
    case ',':
      value.type = Type::kDouble;
      value.text = text;
      if (const std::optional<double> real = parse_real(text)) {
        value.real = *real;
        break;
      }
      return fail("invalid double", text);
    case '#':
      if (text != "t" && text != "f") return fail("invalid boolean", text);
      value.type = Type::kBoolean;
      value.integer = text == "t" ? 1 : 0;
      break;
    case '(':
      if (!is_big_number(text)) return fail("invalid big number", text);
      value.type = Type::kBigNumber;
      value.text = text;
      break;
    case '_':
      if (!text.empty()) return fail("invalid null", text);
      break;
    default:
      return fail("unknown reply type", {&type, 1});
  }
  return add(std::move(value));
}

// A value that has the attributes read in front of it.
RespValue RespReader::make(RespValue::Type type) {
  ++values_;
  RespValue value;
  value.type = type;
  value.attributes = std::exchange(attributes_, {});
  return value;
}

// Puts a whole value where it belongs, which may complete the aggregates around it.
RespReader::Step RespReader::add(RespValue value) {
  if (values_ > limits_.values_max) return fail("too many elements", {});
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    frame.value.elements.push_back(std::move(value));
    if (--frame.left > 0) return Step::kDone;
    value = std::move(frame.value);
    const bool attributes = frame.attributes;
    frames_.pop_back();
    if (attributes) {
      // Behind those of another attribute that stood before this one.
      attributes_ = std::move(value.attributes);
      std::move(value.elements.begin(), value.elements.end(), std::back_inserter(attributes_));
      return Step::kDone;
    }
  }
  root_ = std::move(value);
  complete_ = true;
  return Step::kDone;
}

RespReader::Step RespReader::fail(std::string_view what, std::string_view bytes) {
  constexpr size_t kShownMax = 64;
  error_text_ = "Protocol error: ";
  error_text_ += what;
  if (!bytes.empty()) {
    error_text_ += ": ";
    append_quoted(error_text_, bytes.substr(0, kShownMax));
  }
  return Step::kFailed;
}

}  // namespace rondo
