#include "server/text.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/number.h"

namespace rondo {
namespace {

char lower_byte(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
}

}  // namespace

bool same_word(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i) {
    if (lower_byte(one[i]) != lower_byte(other[i])) return false;
  }
  return true;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& byte : result)
    byte = lower_byte(byte);
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& byte : result) {
    if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 32);
  }
  return result;
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string unit = lower(text.substr(static_cast<size_t>(end - text.data())));
  int64_t factor = 1;
  if (unit == "k")
    factor = 1000;
  else if (unit == "kb")
    factor = 1024;
  else if (unit == "m")
    factor = 1000 * 1000;
  else if (unit == "mb")
    factor = 1024 * 1024;
  else if (unit == "g")
    factor = 1000 * 1000 * 1000;
  else if (unit == "gb")
    factor = 1024 * 1024 * 1024;
  else if (!unit.empty() && unit != "b")
    return std::nullopt;
  if (__builtin_mul_overflow(value, factor, &value)) return std::nullopt;
  return value;
}

std::string format_bytes(int64_t bytes) {
  constexpr int64_t kKilo = 1024;
  if (bytes != 0 && bytes % (kKilo * kKilo * kKilo) == 0) {
    return fmt::format("{}gb", bytes / (kKilo * kKilo * kKilo));
  }
  if (bytes != 0 && bytes % (kKilo * kKilo) == 0)
    return fmt::format("{}mb", bytes / (kKilo * kKilo));
  if (bytes != 0 && bytes % kKilo == 0) return fmt::format("{}kb", bytes / kKilo);
  return fmt::format("{}", bytes);
}

std::string human_bytes(uint64_t bytes) {
  constexpr const char* kUnits = "KMGTP";
  if (bytes < 1024) return fmt::format("{}B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit < 4)
    value /= 1024, ++unit;
  return fmt::format("{:.2f}{}", value, kUnits[unit]);
}

int database_after_select(std::string_view index, int64_t databases, int before) {
  const auto wanted = parse_integer(index);
  return wanted && *wanted >= 0 && *wanted < databases ? static_cast<int>(*wanted) : before;
}

}  // namespace rondo
