// Numbers to text and back, exactly as Redis 7.2 does it. No locale, no allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rondo {

inline constexpr size_t kIntegerBytesMax = 20;  // "-9223372036854775808".
inline constexpr size_t kDoubleBytesMax = 32;
inline constexpr size_t kLongDoubleBytesMax = 5120;  // 4933 digits, a point, 17 digits, a sign.

// The integer that `text` is, in the one form that format_integer() writes: no '+', no leading
// zeros, no "-0", no spaces. So a string can be stored as an integer when this finds one.
std::optional<int64_t> parse_integer(std::string_view text);

// A finite or infinite number in any form that C's strtod takes (decimal, hexadecimal, "inf",
// "infinity", any case), with nothing before or behind it. None for NaN, overflow, and underflow
// to zero.
std::optional<double> parse_double(std::string_view text);
std::optional<long double> parse_long_double(std::string_view text);

// Each writes at most the constant above and returns how many bytes.
size_t format_integer(int64_t value, char* out);
// The shortest digits that read back as `value`: "3", "0.1", "1e+22", "1.5e-9", "inf", "-inf",
// "nan", "-0". The form of scores and of RESP3 doubles.
size_t format_double(double value, char* out);
// Up to 17 decimals without trailing zeros, never an exponent: the form of INCRBYFLOAT.
size_t format_long_double(long double value, char* out);

}  // namespace rondo
