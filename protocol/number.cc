#include "protocol/number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "reactor/base/check.h"

namespace rondo {
namespace {

constexpr std::array<char, 200> make_digit_pairs() {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}

constexpr std::array<char, 200> kDigitPairs = make_digit_pairs();

size_t count_digits(uint64_t value) {
  size_t digits = 1;
  for (;; digits += 4, value /= 10000) {
    if (value < 10) return digits;
    if (value < 100) return digits + 1;
    if (value < 1000) return digits + 2;
    if (value < 10000) return digits + 3;
  }
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

double string_to(const char* text, char** end, double) {
  return std::strtod(text, end);
}
long double string_to(const char* text, char** end, long double) {
  return std::strtold(text, end);
}

// Redis's rules over the C library's function, which wants a terminated string.
template <class Float>
std::optional<Float> parse_with_c_library(std::string_view text) {
  if (text.empty() || text.size() >= kLongDoubleBytesMax || is_space(text[0])) return {};
  char terminated[kLongDoubleBytesMax];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  const Float value = string_to(terminated, &end, Float{});
  if (end != terminated + text.size()) return {};
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return {};
  if (std::isnan(value)) return {};
  return value;
}

// Writes digits d.ddd times 10^exponent: plain while that stays short, otherwise with an exponent.
size_t lay_out(std::string_view digits, int exponent, char* out) {
  const int count = static_cast<int>(digits.size());
  const int zeros_behind = exponent - count + 1;  // Negative: digits behind the point.
  char* at = out;
  const auto put = [&at](std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  const auto put_zeros = [&at](int n) {
    std::memset(at, '0', static_cast<size_t>(n));
    at += n;
  };
  if (zeros_behind >= 0 && zeros_behind < 8) {
    put(digits);
    put_zeros(zeros_behind);
  } else if (zeros_behind < 0 && (zeros_behind > -7 || std::abs(exponent) < 4)) {
    if (exponent < 0) {
      put("0.");
      put_zeros(-exponent - 1);
      put(digits);
    } else {
      const auto whole = static_cast<size_t>(exponent) + 1;
      put(digits.substr(0, whole));
      put(".");
      put(digits.substr(whole));
    }
  } else {
    put(digits.substr(0, 1));
    if (count > 1) put(".");
    put(digits.substr(1));
    put(exponent < 0 ? "e-" : "e+");
    at += format_integer(std::abs(exponent), at);
  }
  return static_cast<size_t>(at - out);
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.empty() || text.size() > kIntegerBytesMax) return {};
  const bool negative = text[0] == '-';
  const char* at = text.data() + negative;
  const char* end = text.data() + text.size();
  if (at == end) return {};
  uint64_t value = static_cast<uint8_t>(*at - '0');
  if (value > 9) return {};
  if (value == 0) {
    if (negative || text.size() != 1) return {};
    return 0;
  }
  const size_t digits = static_cast<size_t>(end - at);
  for (++at; at != end; ++at) {
    const auto digit = static_cast<uint8_t>(*at - '0');
    if (digit > 9) return {};
    // 19 digits fit always, so only the twentieth can overflow; no 20-digit number is in range.
    value = value * 10 + digit;
  }
  if (digits > 19) return {};
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (value > kMax + (negative ? 1 : 0)) return {};
  return static_cast<int64_t>(negative ? 0 - value : value);
}

std::optional<double> parse_double(std::string_view text) {
  // Decimal numbers without frills take the fast way; everything else is decided by strtod.
  double value = 0;
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc() && result.ptr == end && std::isfinite(value)) return value;
  return parse_with_c_library<double>(text);
}

std::optional<long double> parse_long_double(std::string_view text) {
  return parse_with_c_library<long double>(text);
}

size_t format_integer(int64_t value, char* out) {
  char* at = out;
  auto rest = static_cast<uint64_t>(value);
  if (value < 0) {
    *at++ = '-';
    rest = 0 - rest;
  }
  const size_t digits = count_digits(rest);
  char* const end = at + digits;
  at = end;
  while (rest >= 100) {
    at -= 2;
    std::memcpy(at, &kDigitPairs[2 * (rest % 100)], 2);
    rest /= 100;
  }
  if (rest >= 10) {
    std::memcpy(at - 2, &kDigitPairs[2 * rest], 2);
  } else {
    at[-1] = static_cast<char>('0' + rest);
  }
  return static_cast<size_t>(end - out);
}

size_t format_double(double value, char* out) {
  const auto write = [out](std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return text.size();
  };
  if (std::isnan(value)) return write("nan");
  if (std::isinf(value)) return write(value < 0 ? "-inf" : "inf");
  if (value == 0) return write(std::signbit(value) ? "-0" : "0");
  // Whole numbers up to 2^52 are exact as integers, and much faster that way.
  constexpr double kExactMax = 4503599627370496.0;
  if (value > -kExactMax && value < kExactMax && value == std::trunc(value)) {
    return format_integer(static_cast<int64_t>(value), out);
  }
  // "d.ddde+XX": the shortest digits that read back as the same number.
  char text[kDoubleBytesMax];
  const std::to_chars_result result =
      std::to_chars(text, text + sizeof(text), std::fabs(value), std::chars_format::scientific);
  CHECK(result.ec == std::errc());
  const char* mark = std::find(text, result.ptr, 'e');
  int exponent = 0;
  std::from_chars(mark + (mark[1] == '+' ? 2 : 1), result.ptr, exponent);
  char digits[kDoubleBytesMax];
  const char* digits_end = std::remove_copy(text, const_cast<char*>(mark), digits, '.');
  size_t sign = 0;
  if (value < 0) out[sign++] = '-';
  return sign + lay_out({digits, static_cast<size_t>(digits_end - digits)}, exponent, out + sign);
}

size_t format_long_double(long double value, char* out) {
  if (std::isnan(value)) return std::memcpy(out, "nan", 3), 3;
  if (std::isinf(value)) {
    const std::string_view text = value < 0 ? "-inf" : "inf";
    std::memcpy(out, text.data(), text.size());
    return text.size();
  }
  const int written = std::snprintf(out, kLongDoubleBytesMax, "%.17Lf", value);
  CHECK(written > 0 && static_cast<size_t>(written) < kLongDoubleBytesMax);
  // There are always 17 decimals, so a point stands before the zeros.
  char* end = out + written;
  while (end[-1] == '0')
    --end;
  if (end[-1] == '.') --end;
  if (std::string_view(out, static_cast<size_t>(end - out)) == "-0") return out[0] = '0', 1;
  return static_cast<size_t>(end - out);
}

}  // namespace rondo
