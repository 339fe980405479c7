#include "shard/commands/string_bytes.h"

#include <algorithm>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("GETRANGE of all pairs of indices against its definition") {
  CommandFixture fixture;
  const std::string text = "abcde";
  fixture.run("SET k " + text);
  const auto size = static_cast<int>(text.size());
  for (int start = -8; start <= 8; start++) {
    for (int end = -8; end <= 8; end++) {
      std::string expected;
      for (int i = 0; i < size; i++) {
        const int from = start < 0 ? start + size : start;
        const int to = end < 0 ? std::max(end + size, 0) : end;
        if (i >= from && i <= to) expected += text[static_cast<size_t>(i)];
      }
      if (start < 0 && end < 0 && start > end) expected.clear();
      CAPTURE(start);
      CAPTURE(end);
      CHECK_EQ(fixture.run_args({"GETRANGE", "k", std::to_string(start), std::to_string(end)}),
               "$" + std::to_string(expected.size()) + "\r\n" + expected + "\r\n");
    }
  }
}

TEST_CASE("a string can not grow past the limit") {
  CommandFixture fixture;
  fixture.shard(0).limits().string_bytes_max = 10;
  constexpr const char* kTooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
  CHECK_EQ(fixture.run("SETRANGE k 8 abc"), kTooLong);
  CHECK_EQ(fixture.run("SETRANGE k 9223372036854775807 a"), kTooLong);
  CHECK_EQ(fixture.run("EXISTS k"), ":0");
  CHECK_EQ(fixture.run("SETRANGE k 7 abc"), ":10");
  CHECK_EQ(fixture.run("APPEND k d"), kTooLong);
  CHECK_EQ(fixture.run_args({"APPEND", "k", ""}), ":10\r\n");
  CHECK_EQ(fixture.run("SETRANGE k 9 x"), ":10");
  CHECK_EQ(fixture.run("SETRANGE k 10 x"), kTooLong);
  // The limit was lowered after the value had grown.
  fixture.shard(0).limits().string_bytes_max = 5;
  CHECK_EQ(fixture.run("APPEND k d"), kTooLong);
  CHECK_EQ(fixture.run("SETRANGE k 0 abcde"), ":10");
}

TEST_CASE("random patches against a std::string") {
  Prng prng(7);
  for (int round = 0; round < 50; round++) {
    CommandFixture fixture;
    std::string model;
    for (int i = 0; i < 60; i++) {
      const std::string piece(prng.below(prng.one_in(10) ? 20'000 : 50),
                              static_cast<char>('a' + prng.below(26)));
      if (prng.one_in(2)) {
        model += piece;
        REQUIRE_EQ(fixture.run_args({"APPEND", "k", piece}),
                   ":" + std::to_string(model.size()) + "\r\n");
      } else {
        const size_t offset = prng.below(model.size() + 40);
        if (!piece.empty()) {
          if (model.size() < offset + piece.size()) model.resize(offset + piece.size());
          model.replace(offset, piece.size(), piece);
        }
        REQUIRE_EQ(fixture.run_args({"SETRANGE", "k", std::to_string(offset), piece}),
                   ":" + std::to_string(model.size()) + "\r\n");
      }
      const size_t from = prng.below(model.size() + 1);
      const size_t length = prng.below(100);
      const std::string part = model.substr(from, length + 1);
      REQUIRE_EQ(
          fixture.run_args({"GETRANGE", "k", std::to_string(from), std::to_string(from + length)}),
          "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n");
    }
    CHECK_EQ(fixture.run_args({"GET", "k"}),
             "$" + std::to_string(model.size()) + "\r\n" + model + "\r\n");
    fixture.verify();
  }
}

TEST_CASE("a value that a reply refers to is not changed under it") {
  CommandFixture fixture;
  const std::string big(20'000, 'a');
  fixture.run_args({"SET", "k", big});
  const std::string get = fixture.run_args({"GET", "k"});
  OutBuffer held;
  held.append_range(fixture.last_reply(), 0, fixture.last_reply().size());
  fixture.run("SETRANGE k 5 XXXX");
  fixture.run("APPEND k YYYY");
  CHECK_EQ(held.to_string(), get);
  CHECK_EQ(fixture.run("GETRANGE k 4 9"), "$6 aXXXXa");
  CHECK_EQ(fixture.run("GETRANGE k -5 -1"), "$5 aYYYY");
}

}  // namespace
}  // namespace rondo
