// RdbReader and RdbWriter against each other, and the reader against bytes that make no sense.
// Covers shard/rdb/byte_writer.cc too.
#include "shard/rdb/byte_reader.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "shard/rdb/byte_writer.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr uint64_t kStringMax = 1 << 20;

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values)
    bytes += static_cast<char>(value);
  return bytes;
}

// The string, or "(none)".
std::string string_in(std::string_view bytes) {
  RdbReader in(bytes, kStringMax);
  std::string_view text;
  std::string scratch;
  return in.string(text, scratch) ? std::string(text) : "(none)";
}

TEST_CASE("rdb bytes: lengths at every border") {
  for (const uint64_t value :
       {uint64_t{0}, uint64_t{63}, uint64_t{64}, uint64_t{16383}, uint64_t{16384},
        uint64_t{UINT32_MAX}, uint64_t{UINT32_MAX} + 1, uint64_t{UINT64_MAX}}) {
    CAPTURE(value);
    RdbWriter out;
    out.length(value);
    RdbReader in(out.bytes(), kStringMax);
    uint64_t read = 1;
    REQUIRE(in.length(read));
    CHECK(read == value);
    CHECK(in.rest().empty());
    for (size_t cut = 0; cut < out.bytes().size(); ++cut) {
      RdbReader half(std::string_view(out.bytes()).substr(0, cut), kStringMax);
      CHECK_FALSE(half.length(read));
    }
  }
}

TEST_CASE("rdb bytes: strings, short integers as such") {
  for (const char* text : {"", "x", "0", "-1", "127", "128", "-32768", "32768", "2147483647",
                           "-2147483648", "2147483648", "007", "-0", "12345678901234567890"}) {
    CAPTURE(text);
    RdbWriter out;
    out.string(text);
    CHECK(string_in(out.bytes()) == text);
  }
  RdbWriter out;
  out.string("127");
  CHECK(out.bytes() == bytes_of({0xc0, 127}));
  out.bytes().clear();
  out.integer_text(-129);
  CHECK(out.bytes() == bytes_of({0xc1, 0x7f, 0xff}));
  out.bytes().clear();
  out.string(std::string(70, 'y'));
  CHECK(out.bytes().size() == 72);
}

TEST_CASE("rdb bytes: compressed strings") {
  // "aaaaaaaaaaaa": one literal 'a', then a copy of eleven bytes from one back.
  const std::string good = bytes_of({0xc3, 5, 12, 0, 'a', 0xe0, 2, 0});
  CHECK(string_in(good) == std::string(12, 'a'));
  // Another size than it says, more than can be, nothing at all, and cut short.
  CHECK(string_in(bytes_of({0xc3, 5, 13, 0, 'a', 0xe0, 2, 0})) == "(none)");
  CHECK(string_in(bytes_of({0xc3, 5, 0x81, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 'a', 0xe0, 2, 0})) ==
        "(none)");
  CHECK(string_in(bytes_of({0xc3, 0, 12})) == "(none)");
  for (size_t cut = 0; cut < good.size(); ++cut)
    CHECK(string_in(std::string_view(good).substr(0, cut)) == "(none)");
  // A copy from before the beginning.
  CHECK(string_in(bytes_of({0xc3, 5, 12, 0, 'a', 0xe0, 2, 9})) == "(none)");
  // Longer than a string may be.
  RdbReader small(good, 11);
  std::string_view text;
  std::string scratch;
  CHECK_FALSE(small.string(text, scratch));
}

TEST_CASE("rdb bytes: what is no string") {
  CHECK(string_in("") == "(none)");
  CHECK(string_in(bytes_of({5, 'a', 'b'})) == "(none)");
  CHECK(string_in(bytes_of({0xc4})) == "(none)");
  CHECK(string_in(bytes_of({0x82, 0, 0, 0, 0})) == "(none)");
  CHECK(string_in(bytes_of({0xc2, 1, 2, 3})) == "(none)");
}

TEST_CASE("rdb bytes: doubles in both forms") {
  for (const double value : {0.0, -1.5, 1e300, std::numeric_limits<double>::infinity()}) {
    RdbWriter out;
    out.binary_double(value);
    RdbReader in(out.bytes(), kStringMax);
    double read = 7;
    REQUIRE(in.binary_double(read));
    CHECK(read == value);
  }
  double read = 7;
  const auto text_double = [&](const std::string& bytes) {
    RdbReader in(bytes, kStringMax);
    return in.text_double(read);
  };
  REQUIRE(text_double(bytes_of({3, '1', '.', '5'})));
  CHECK(read == 1.5);
  REQUIRE(text_double(bytes_of({254})));
  CHECK(read == std::numeric_limits<double>::infinity());
  REQUIRE(text_double(bytes_of({255})));
  CHECK(read == -std::numeric_limits<double>::infinity());
  CHECK_FALSE(text_double(bytes_of({253})));
  CHECK_FALSE(text_double(bytes_of({3, '1', '.'})));
  CHECK_FALSE(text_double(bytes_of({1, 'x'})));
  CHECK_FALSE(text_double(""));
}

TEST_CASE("rdb bytes: a count that cannot be is refused") {
  uint64_t count = 0;
  const std::string bytes = bytes_of({4, 1, 2, 3, 4});
  CHECK(RdbReader(bytes, kStringMax).count(1, count));
  CHECK(count == 4);
  CHECK_FALSE(RdbReader(bytes, kStringMax).count(2, count));
}

}  // namespace
}  // namespace rondo
