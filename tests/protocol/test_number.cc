#include "protocol/number.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string integer_text(int64_t value) {
  char text[kIntegerBytesMax];
  return {text, format_integer(value, text)};
}

std::string double_text(double value) {
  char text[kDoubleBytesMax];
  return {text, format_double(value, text)};
}

std::string long_double_text(long double value) {
  char text[kLongDoubleBytesMax];
  return {text, format_long_double(value, text)};
}

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

TEST_CASE("integers in their one form") {
  CHECK(parse_integer("0") == 0);
  CHECK(parse_integer("-1") == -1);
  CHECK(parse_integer("12345") == 12345);
  CHECK(parse_integer("9223372036854775807") == kMax);
  CHECK(parse_integer("-9223372036854775808") == kMin);
  for (const char* text : {"",
                           "-",
                           "+1",
                           "-0",
                           "01",
                           "-01",
                           "00",
                           " 1",
                           "1 ",
                           "1a",
                           "a",
                           "0x10",
                           "1.0",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "18446744073709551617",
                           "99999999999999999999",
                           "-99999999999999999999",
                           "100000000000000000000",
                           "--1",
                           "1-"}) {
    CAPTURE(text);
    CHECK(!parse_integer(text));
  }
  CHECK(!parse_integer(std::string_view("1\0", 2)));
}

TEST_CASE("integers of every length read back") {
  Prng prng(11);
  for (int round = 0; round < 20'000; ++round) {
    const auto value = static_cast<int64_t>(prng.next() >> prng.below(64));
    for (const int64_t number : {value, -value}) {
      const std::string text = integer_text(number);
      REQUIRE(text == std::to_string(number));
      REQUIRE(parse_integer(text) == number);
    }
  }
  CHECK(integer_text(kMin) == std::to_string(kMin));
  CHECK(integer_text(kMax) == std::to_string(kMax));
  for (int64_t power = 1; power <= kMax / 10; power *= 10) {
    CHECK(integer_text(power) == std::to_string(power));
    CHECK(integer_text(power - 1) == std::to_string(power - 1));
  }
}

TEST_CASE("doubles that a client may write") {
  CHECK(parse_double("1.5") == 1.5);
  CHECK(parse_double("+5") == 5);
  CHECK(parse_double(".5") == 0.5);
  CHECK(parse_double("5.") == 5);
  CHECK(parse_double("1e5") == 1e5);
  CHECK(parse_double("-1E-5") == -1e-5);
  CHECK(parse_double("0x10") == 16);
  CHECK(parse_double("0X1p3") == 8);
  CHECK(parse_double("00012") == 12);
  CHECK(parse_double("4e-324") == 4.9406564584124654e-324);
  CHECK(parse_double("inf") == kInfinite);
  CHECK(parse_double("+INF") == kInfinite);
  CHECK(parse_double("-infinity") == -kInfinite);
  CHECK(std::signbit(*parse_double("-0")));
  CHECK(parse_double("1" + std::string(300, '0')) == 1e300);
  CHECK(parse_double("0." + std::string(2000, '3')) == 1.0 / 3);
  for (const char* text : {"",       " ",   " 1",  "1 ",  "\t1",  "1_",     "infx",  "0x",
                           "in",     "1e",  "nan", "NaN", "-nan", "nan(1)", "1e400", "-1e400",
                           "1e-400", "1,5", "--1", "+-1", "++1",  "e5",     "."}) {
    CAPTURE(text);
    CHECK(!parse_double(text));
    CHECK(!parse_long_double(std::string_view(text) == "1e400"    ? "1e5000"
                             : std::string_view(text) == "-1e400" ? "-1e5000"
                             : std::string_view(text) == "1e-400" ? "1e-5000"
                                                                  : text));
  }
  CHECK(!parse_double(std::string_view("1\0", 2)));
  CHECK(!parse_double(std::string(kLongDoubleBytesMax, '1')));
}

// The bytes are those of ZSCORE and HINCRBYFLOAT's kin on Redis 7.2.
TEST_CASE("doubles as scores are written") {
  CHECK(double_text(0) == "0");
  CHECK(double_text(-0.0) == "-0");
  CHECK(double_text(3) == "3");
  CHECK(double_text(-3) == "-3");
  CHECK(double_text(0.1) == "0.1");
  CHECK(double_text(-1.5) == "-1.5");
  CHECK(double_text(3.14159265358979) == "3.14159265358979");
  CHECK(double_text(1e15) == "1000000000000000");
  CHECK(double_text(9007199254740993.0) == "9007199254740992");
  CHECK(double_text(1e17) == "1e+17");
  CHECK(double_text(12345678901234e5) == "1234567890123400000");
  CHECK(double_text(1.5e300) == "1.5e+300");
  CHECK(double_text(-1e300) == "-1e+300");
  CHECK(double_text(0.001) == "0.001");
  CHECK(double_text(0.0001) == "0.0001");
  CHECK(double_text(0.000001) == "0.000001");
  CHECK(double_text(0.0000001) == "1e-7");
  CHECK(double_text(1.25e-10) == "1.25e-10");
  CHECK(double_text(0.000123456789) == "1.23456789e-4");
  CHECK(double_text(0.00123456789) == "0.00123456789");
  CHECK(double_text(1e-300) == "1e-300");
  CHECK(double_text(5e-324) == "5e-324");
  CHECK(double_text(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(double_text(kInfinite) == "inf");
  CHECK(double_text(-kInfinite) == "-inf");
  CHECK(double_text(std::nan("")) == "nan");
}

TEST_CASE("every double reads back") {
  Prng prng(12);
  for (int round = 0; round < 50'000; ++round) {
    double value;
    const uint64_t bits = prng.next();
    std::memcpy(&value, &bits, sizeof(value));
    if (round % 2 == 0) value = static_cast<double>(prng.below(1'000'000'000)) / 1000;
    if (std::isnan(value)) continue;
    const std::string text = double_text(value);
    REQUIRE(text.size() <= 25);
    REQUIRE(parse_double(text) == value);
  }
}

// The bytes are those of INCRBYFLOAT.
TEST_CASE("long doubles as INCRBYFLOAT writes them") {
  CHECK(long_double_text(0.0L) == "0");
  CHECK(long_double_text(-0.0L) == "0");
  CHECK(long_double_text(10.6L) == "10.6");
  CHECK(long_double_text(3000) == "3000");
  CHECK(long_double_text(1e20L) == "100000000000000000000");
  CHECK(long_double_text(1e-17L) == "0.00000000000000001");
  CHECK(long_double_text(1e-18L) == "0");
  CHECK(long_double_text(-1e-18L) == "0");
  CHECK(long_double_text(-5.25L) == "-5.25");
  CHECK(long_double_text(10.1L + 0.1L) == "10.2");
  CHECK(long_double_text(1e4932L).size() == 4933);
  CHECK(long_double_text(std::numeric_limits<long double>::max()).size() <= kLongDoubleBytesMax);
  CHECK(long_double_text(-std::numeric_limits<long double>::infinity()) == "-inf");
  CHECK(long_double_text(std::nan("")) == "nan");
  CHECK(parse_long_double("1e4931").has_value());
  CHECK(parse_long_double("0.1") == 0.1L);
}

}  // namespace
}  // namespace rondo
