// Whole listpacks, ziplists and intsets are read through RESTORE with payloads of redis-server, in
// tests/shard/commands/test_dump.cc; here are their forms one by one, and bytes that make no sense.
#include "shard/rdb/foreign_packed.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Texts = std::vector<std::string>;

std::string little(uint64_t value, size_t bytes) {
  return std::string(reinterpret_cast<const char*>(&value), bytes);
}

// The texts, or nothing when the bytes are not sound. They stand in a block of exactly their size,
// so that a sanitizer sees any byte read behind it.
template <class Reader>
std::optional<Texts> read(std::string_view bytes) {
  const std::unique_ptr<char[]> block(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), block.get());
  Reader reader({block.get(), bytes.size()});
  Texts texts;
  std::string_view text;
  while (reader.next(text))
    texts.emplace_back(text);
  if (!reader.sound()) return {};
  return texts;
}

std::string listpack(std::string_view elements, uint16_t count) {
  return little(6 + elements.size() + 1, 4) + little(count, 2) + std::string(elements) + '\xff';
}

std::string ziplist(std::string_view elements, uint16_t count) {
  return little(10 + elements.size() + 1, 4) + little(10, 4) + little(count, 2) +
         std::string(elements) + '\xff';
}

TEST_CASE("foreign packed: every form of a listpack's element") {
  std::string elements;
  const auto add = [&](const std::string& element, size_t back) {
    elements += element + std::string(back, '\x01');
  };
  add("\x7f", 1);
  add("\x83"
      "abc",
      1);
  add("\xc0\x05", 1);
  add("\xdf\xff", 1);
  add("\xe0\xc8" + std::string(200, 'm'), 2);
  add("\xf0" + little(5000, 4) + std::string(5000, 'l'), 2);
  add("\xf1" + little(static_cast<uint16_t>(-300), 2), 1);
  add("\xf2" + little(0x800000, 3), 1);
  add("\xf3" + little(1u << 31, 4), 1);
  add("\xf4" + little(uint64_t{1} << 63, 8), 1);
  const std::string whole = listpack(elements, 10);
  const auto texts = read<ListpackReader>(whole);
  REQUIRE(texts.has_value());
  CHECK(*texts == Texts{"127", "abc", "5", "-1", std::string(200, 'm'), std::string(5000, 'l'),
                        "-300", "-8388608", "-2147483648", "-9223372036854775808"});
  CHECK(read<ListpackReader>(listpack("", 0)) == Texts{});
}

TEST_CASE("foreign packed: every form of a ziplist's element") {
  std::string elements;
  const auto add = [&](const std::string& element) { elements += "\x07" + element; };
  add("\x03"
      "abc");
  add("\x40\xc8" + std::string(200, 'm'));
  elements += "\xfe" + little(300, 4);
  elements += std::string("\x80\x00\x00\x13\x88", 5) + std::string(5000, 'l');
  add("\xc0" + little(static_cast<uint16_t>(-300), 2));
  add("\xd0" + little(1u << 31, 4));
  add("\xe0" + little(uint64_t{1} << 63, 8));
  add("\xf0" + little(0x800000, 3));
  add("\xfe\x80");
  add("\xf1");
  add("\xfd");
  const auto texts = read<ZiplistReader>(ziplist(elements, 10));
  REQUIRE(texts.has_value());
  CHECK(*texts == Texts{"abc", std::string(200, 'm'), std::string(5000, 'l'), "-300", "-2147483648",
                        "-9223372036854775808", "-8388608", "-128", "0", "12"});
}

TEST_CASE("foreign packed: intsets of each width, in order only") {
  const auto intset = [](size_t width, std::vector<int64_t> values) {
    std::string bytes = little(width, 4) + little(values.size(), 4);
    for (const int64_t value : values)
      bytes += little(static_cast<uint64_t>(value), width);
    return bytes;
  };
  CHECK(read<IntsetReader>(intset(2, {-3, 4})) == Texts{"-3", "4"});
  CHECK(read<IntsetReader>(intset(4, {-70000, 70000})) == Texts{"-70000", "70000"});
  CHECK(read<IntsetReader>(intset(8, {INT64_MIN, INT64_MAX})) ==
        Texts{"-9223372036854775808", "9223372036854775807"});
  CHECK_FALSE(read<IntsetReader>(intset(2, {4, 4})));
  CHECK_FALSE(read<IntsetReader>(intset(2, {4, 3})));
  CHECK_FALSE(read<IntsetReader>(intset(3, {4})));
  CHECK_FALSE(read<IntsetReader>(intset(2, {4}) + "x"));
}

std::string zipmap(const std::string& elements, uint8_t count) {
  return static_cast<char>(count) + elements + '\xff';
}

TEST_CASE("foreign packed: fields and values of a zipmap") {
  using namespace std::string_literals;
  const std::string one =
      "\x01"s
      "f\x02\x00"s
      "v1"s;
  const std::string free =
      "\x02"s
      "ff\x01\x02"s
      "v??"s;
  const std::string large = "\xfe"s + little(300, 4) + std::string(300, 'g') + "\xfe"s +
                            little(260, 4) + "\x00"s + std::string(260, 'w');
  CHECK(read<ZipmapReader>(zipmap("", 0)) == Texts{});
  CHECK(read<ZipmapReader>(zipmap(one, 1)) == Texts{"f", "v1"});
  CHECK(read<ZipmapReader>(zipmap(one + free, 2)) == Texts{"f", "v1", "ff", "v"});
  CHECK(read<ZipmapReader>(zipmap(large + one, 2)) ==
        Texts{std::string(300, 'g'), std::string(260, 'w'), "f", "v1"});
  // From 254 on the count says nothing.
  CHECK(read<ZipmapReader>(zipmap(one, 254)) == Texts{"f", "v1"});
  CHECK_FALSE(read<ZipmapReader>(zipmap(one, 2)));
  CHECK_FALSE(read<ZipmapReader>(zipmap(one + "\x01"s
                                              "f"s,
                                        1)));
  CHECK_FALSE(read<ZipmapReader>("\x00"));
}

// Whatever is changed or cut, nothing is read outside (the sanitizers see that), and it ends.
template <class Reader>
void disturb(const std::string& whole) {
  Prng prng(3);
  size_t refused = 0;
  for (size_t cut = 0; cut < whole.size(); ++cut)
    CHECK_FALSE(read<Reader>(std::string_view(whole).substr(0, cut)));
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = whole;
    for (uint64_t flips = 1 + prng.below(3); flips > 0; --flips)
      bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
    refused += read<Reader>(bytes) ? 0 : 1;
  }
  CHECK(refused > 1000);
}

TEST_CASE("foreign packed: changed and cut bytes") {
  disturb<ListpackReader>(
      listpack("\x01\x01\x83"
               "abc\x04\xf1\x34\x12\x03",
               3));
  disturb<ZiplistReader>(ziplist(std::string("\x00\x03"
                                             "abc\x05\xc0\x34\x12\x04\xf5",
                                             11),
                                 3));
  disturb<ZipmapReader>(zipmap(std::string("\x03"
                                           "abc\x02\x00xy\x01g\x01\x03z...",
                                           17),
                               2));
}

}  // namespace
}  // namespace rondo
