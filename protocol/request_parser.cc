#include "protocol/request_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/number.h"
#include "protocol/quote.h"
#include "reactor/base/check.h"

namespace rondo {
namespace {

// A longer command gives its memory back when the next one starts.
constexpr size_t kArgumentsKeptMax = 1024;
// A list of so many is made at once, so that it is not copied as it grows. Memory that is not
// written to is not taken, so a client gets none for announcing arguments.
constexpr size_t kArgumentsReservedMax = 1024 * 1024;
constexpr size_t kLineEndBytes = 2;
// The first size of a big argument's block; it doubles while bytes really arrive, in place.
constexpr size_t kBigBlockBytes = SharedBytes::kMappedMin;

// Reads "<type><digits>\r\n" at `at`, the way every client writes it, and moves behind it. False
// for anything else, such as an incomplete line: then nothing is said about it, and the careful
// reading decides.
inline bool quick_header(const char*& at, const char* end, char type, int64_t& value) {
  if (end - at < 4 || at[0] != type) return false;
  uint32_t number = static_cast<uint8_t>(at[1] - '0');
  if (number > 9) return false;
  const char* digit = at + 2;
  if (*digit != '\r') {
    // At most eight digits, so that the number can not overflow, and no leading zero.
    if (number == 0) return false;
    const char* const stop = std::min(end, digit + 7);
    for (; digit != stop; ++digit) {
      const uint32_t next = static_cast<uint8_t>(*digit - '0');
      if (next > 9) break;
      number = number * 10 + next;
    }
  }
  if (end - digit < 2 || digit[0] != '\r' || digit[1] != '\n') return false;
  at = digit + kLineEndBytes;
  value = number;
  return true;
}

}  // namespace

ParseStatus RequestParser::next(std::string_view input, const ParserLimits& limits) {
  consumed_ = 0;
  if (stage_ != Stage::kStart && base_ != input.data()) move_to(input.data());
  for (;;) {
    const std::string_view command = input.substr(consumed_);
    CHECK(position_ <= command.size());
    if (stage_ == Stage::kStart) {
      if (command.empty()) return ParseStatus::kNeedMore;
      begin();
      base_ = command.data();
      stage_ = command[0] == '*' ? Stage::kCount : Stage::kInline;
    }
    const ParseStatus status =
        stage_ == Stage::kInline ? parse_inline(command, limits) : parse_array(command, limits);
    if (status != ParseStatus::kCommand) return status;
    stage_ = Stage::kStart;
    if (!moves_.empty()) settle_arguments();
    consumed_ += std::exchange(position_, 0);
    if (!args_.empty()) return status;
  }
}

void RequestParser::begin() {
  args_.clear();
  moves_.clear();
  if (!owners_.empty()) owners_.clear();
  owned_bytes_ = 0;
  position_ = 0;
  scanned_ = 0;
  if (args_.capacity() > kArgumentsKeptMax) [[unlikely]] {
    args_ = std::vector<std::string_view>();
    owners_ = std::vector<SharedBytes>();
  }
}

// The caller moved the unfinished command: the views into it follow, those of a long command when
// it is whole. The caller may have moved it in no time, and for a million views that takes longer.
void RequestParser::move_to(const char* base) {
  moves_.push_back({args_.size(), base_});
  base_ = base;
  if (args_.size() <= kArgumentsKeptMax) settle_arguments();
}

void RequestParser::settle_arguments() {
  const auto base = reinterpret_cast<uintptr_t>(base_);
  size_t i = 0;
  for (const Moved& move : moves_) {
    const uintptr_t distance = base - reinterpret_cast<uintptr_t>(move.base);
    for (; i < move.args; ++i) {
      if (i < owners_.size() && owners_[i]) continue;
      const auto moved = reinterpret_cast<uintptr_t>(args_[i].data()) + distance;
      args_[i] = {reinterpret_cast<const char*>(moved), args_[i].size()};
    }
  }
  moves_.clear();
}

ParseStatus RequestParser::parse_array(std::string_view command, const ParserLimits& limits) {
  const char* const base = command.data();
  const char* const end = base + command.size();
  int64_t number = 0;
  if (stage_ == Stage::kCount) {
    const char* at = base + position_;
    ParseStatus status;
    if (quick_header(at, end, '*', number)) {
      position_ = static_cast<size_t>(at - base);
      status = accept_count(number, limits);
    } else {
      status = read_count(command, limits);
    }
    if (status != ParseStatus::kCommand) return status;
  }
  while (arguments_left_ > 0) {
    const char* at = base + position_;
    if (stage_ == Stage::kLength) {
      ParseStatus status;
      if (quick_header(at, end, '$', number)) {
        position_ = static_cast<size_t>(at - base);
        status = accept_length(number, limits);
      } else {
        status = read_length(command, limits);
        at = base + position_;
      }
      if (status != ParseStatus::kCommand) return status;
    }
    if (stage_ == Stage::kPayload) [[likely]] {
      if (static_cast<size_t>(end - at) < bulk_bytes_ + kLineEndBytes) {
        return ParseStatus::kNeedMore;
      }
      args_.emplace_back(at, bulk_bytes_);
      position_ += bulk_bytes_ + kLineEndBytes;
    } else {
      if (stage_ == Stage::kBigPayload) {
        if (big_filled_ < bulk_bytes_) return ParseStatus::kBigArgument;
        stage_ = Stage::kBigLineEnd;
      }
      if (static_cast<size_t>(end - at) < kLineEndBytes) return ParseStatus::kNeedMore;
      args_.push_back(big_.view());
      own_last_argument(std::move(big_));
      position_ += kLineEndBytes;
    }
    stage_ = Stage::kLength;
    --arguments_left_;
  }
  if (!owners_.empty()) owners_.resize(args_.size());
  return ParseStatus::kCommand;
}

// Finds the line that starts at position_ and ends before byte `end`.
RequestParser::Line RequestParser::find_line(std::string_view command, char end,
                                             const ParserLimits& limits, std::string_view& line) {
  const std::string_view rest = command.substr(position_);
  const size_t length = rest.find(end, scanned_);
  scanned_ = std::min(length, rest.size());
  if (scanned_ > static_cast<size_t>(limits.inline_bytes_max)) return Line::kTooLong;
  if (length == std::string_view::npos) return Line::kNeedMore;
  line = rest.substr(0, length);
  return Line::kFound;
}

// The careful reading of "*n\r\n". As in Redis, the byte behind the CR is not looked at.
ParseStatus RequestParser::read_count(std::string_view command, const ParserLimits& limits) {
  std::string_view line;
  const Line found = find_line(command, '\r', limits, line);
  if (found == Line::kTooLong) return fail("too big mbulk count string");
  if (found == Line::kNeedMore || command.size() < position_ + line.size() + kLineEndBytes) {
    return ParseStatus::kNeedMore;
  }
  const std::optional<int64_t> count = parse_integer(line.substr(1));
  if (!count) return fail("invalid multibulk length");
  position_ += line.size() + kLineEndBytes;
  return accept_count(*count, limits);
}

ParseStatus RequestParser::accept_count(int64_t count, const ParserLimits& limits) {
  scanned_ = 0;
  if (count > limits.arguments_max) return fail("invalid multibulk length");
  if (!limits.authenticated && count > limits.arguments_max_unauthenticated) {
    return fail("unauthenticated multibulk length");
  }
  arguments_left_ = std::max<int64_t>(count, 0);
  if (count > static_cast<int64_t>(kArgumentsKeptMax)) [[unlikely]] {
    args_.reserve(std::min(static_cast<size_t>(count), kArgumentsReservedMax));
  }
  stage_ = Stage::kLength;
  return ParseStatus::kCommand;
}

// The careful reading of "$n\r\n".
ParseStatus RequestParser::read_length(std::string_view command, const ParserLimits& limits) {
  std::string_view line;
  const Line found = find_line(command, '\r', limits, line);
  if (found == Line::kTooLong) return fail("too big bulk count string");
  if (found == Line::kNeedMore || command.size() < position_ + line.size() + kLineEndBytes) {
    return ParseStatus::kNeedMore;
  }
  const char type = command[position_];
  if (type != '$') {
    std::string text = "expected '$', got '";
    text += type;
    text += '\'';
    return fail(text);
  }
  const std::optional<int64_t> length = parse_integer(line.substr(1));
  if (!length) return fail("invalid bulk length");
  position_ += line.size() + kLineEndBytes;
  return accept_length(*length, limits);
}

ParseStatus RequestParser::accept_length(int64_t length, const ParserLimits& limits) {
  scanned_ = 0;
  if (length < 0 || length > limits.bulk_bytes_max) return fail("invalid bulk length");
  if (!limits.authenticated && length > limits.bulk_bytes_max_unauthenticated) {
    return fail("unauthenticated bulk length");
  }
  bulk_bytes_ = static_cast<size_t>(length);
  stage_ = Stage::kPayload;
  if (bulk_bytes_ >= kBigArgumentMin) [[unlikely]] {
    big_ = SharedBytes::allocate(std::min(bulk_bytes_, kBigBlockBytes));
    big_filled_ = 0;
    stage_ = Stage::kBigPayload;
  }
  return ParseStatus::kCommand;
}

ParseStatus RequestParser::parse_inline(std::string_view command, const ParserLimits& limits) {
  std::string_view line;
  const Line found = find_line(command, '\n', limits, line);
  if (found == Line::kTooLong) return fail("too big inline request");
  if (found == Line::kNeedMore) return ParseStatus::kNeedMore;
  position_ = line.size() + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::string_view word;
  std::string scratch;
  for (;;) {
    const WordStatus status = next_word(line, word, scratch);
    if (status == WordStatus::kUnbalanced) return fail("unbalanced quotes in request");
    if (status == WordStatus::kEnd) break;
    if (word.data() == scratch.data()) {
      SharedBytes block = SharedBytes::copy_of(word);
      args_.push_back(block.view());
      own_last_argument(std::move(block));
    } else {
      args_.push_back(word);
    }
  }
  if (!owners_.empty()) owners_.resize(args_.size());
  return ParseStatus::kCommand;
}

void RequestParser::own_last_argument(SharedBytes block) {
  owned_bytes_ += block.footprint();
  owners_.resize(args_.size());
  owners_.back() = std::move(block);
}

std::span<char> RequestParser::big_argument() {
  CHECK(stage_ == Stage::kBigPayload);
  return {big_.mutable_data() + big_filled_, big_.size() - big_filled_};
}

void RequestParser::big_argument_filled(size_t n) {
  CHECK(stage_ == Stage::kBigPayload);
  CHECK(n <= big_.size() - big_filled_);
  big_filled_ += n;
  if (big_filled_ < big_.size() || big_filled_ == bulk_bytes_) return;
  const size_t size = std::min(bulk_bytes_, 2 * big_.size());
  big_.grow(size);
  big_.resize(size);
}

ParseStatus RequestParser::fail(std::string_view text) {
  error_text_ = "Protocol error: ";
  error_text_ += text;
  return ParseStatus::kError;
}

size_t RequestParser::footprint() const {
  const size_t args = args_.capacity() > kArgumentsKeptMax ? args_.size() : args_.capacity();
  return args * sizeof(std::string_view) + owners_.capacity() * sizeof(SharedBytes) + owned_bytes_ +
         (!big_           ? 0
          : big_.mapped() ? big_filled_
                          : big_.footprint());
}

void RequestParser::reset() {
  begin();
  stage_ = Stage::kStart;
  consumed_ = 0;
  big_ = SharedBytes();
}

}  // namespace rondo
