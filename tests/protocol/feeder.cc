#include "tests/protocol/feeder.h"

#include <algorithm>
#include <cstring>

#include "reactor/base/check.h"

namespace rondo {

std::string_view Feeder::fill_big_argument(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = parser_.big_argument();
    if (room.empty()) break;
    const size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    parser_.big_argument_filled(n);
    bytes.remove_prefix(n);
  }
  filling_ = !parser_.big_argument().empty();
  return bytes;
}

void Feeder::take_command(std::string_view input) {
  const std::span<SharedBytes> owners = parser_.owners();
  CHECK(owners.empty() || owners.size() == parser_.args().size());
  TestCommand command;
  for (size_t i = 0; i < parser_.args().size(); ++i) {
    const std::string_view arg = parser_.args()[i];
    if (!owners.empty() && owners[i]) {
      CHECK(owners[i].view().data() == arg.data());
      CHECK(owners[i].size() == arg.size());
      CHECK(owners[i].unique());
    } else {
      CHECK(arg.size() < RequestParser::kBigArgumentMin || input[0] != '*');
      CHECK(arg.data() >= input.data());
      CHECK(arg.data() + arg.size() <= input.data() + parser_.consumed());
    }
    command.emplace_back(arg);
  }
  parsed_.commands.push_back(std::move(command));
}

void Feeder::feed(std::string_view bytes) {
  if (!parsed_.error.empty()) return;
  if (filling_) bytes = fill_big_argument(bytes);
  if (filling_) return;
  kept_ += bytes;
  for (;;) {
    const size_t size = kept_.size();
    const auto copy = std::make_unique<char[]>(size);
    std::copy(kept_.begin(), kept_.end(), copy.get());
    const std::string_view input(copy.get(), size);
    const ParseStatus status = parser_.next(input, limits_);
    CHECK(parser_.consumed() <= size);
    if (status == ParseStatus::kError) {
      parsed_.error = parser_.error_text();
      return;
    }
    if (status == ParseStatus::kCommand) take_command(input);
    if (status == ParseStatus::kBigArgument) {
      const size_t offset = parser_.big_argument_offset();
      CHECK(offset <= size);
      const std::string_view behind = fill_big_argument(input.substr(offset));
      kept_ = std::string(input.substr(0, offset)) + std::string(behind);
    }
    kept_.erase(0, parser_.consumed());
    const bool waits =
        status == ParseStatus::kNeedMore || (status == ParseStatus::kBigArgument && filling_);
    if (waits) return;
  }
}

Parsed parse_in_steps(std::string_view bytes, size_t step, const ParserLimits& limits) {
  Feeder feeder(limits);
  if (step == 0) step = std::max<size_t>(bytes.size(), 1);
  for (size_t at = 0; at < bytes.size(); at += step)
    feeder.feed(bytes.substr(at, step));
  return feeder.parsed();
}

Parsed parse_cut_at(std::string_view bytes, size_t cut, const ParserLimits& limits) {
  Feeder feeder(limits);
  feeder.feed(bytes.substr(0, cut));
  feeder.feed(bytes.substr(cut));
  return feeder.parsed();
}

std::string as_request(const TestCommand& command) {
  std::string bytes = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& arg : command) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

}  // namespace rondo
