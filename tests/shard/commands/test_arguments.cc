#include "shard/commands/arguments.h"

#include "protocol/errors.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("words match in any case and as a whole") {
  CHECK(is_word("exat", "exat"));
  CHECK(is_word("EXAT", "exat"));
  CHECK(is_word("ExAt", "exat"));
  CHECK_FALSE(is_word("exa", "exat"));
  CHECK_FALSE(is_word("exatx", "exat"));
  CHECK_FALSE(is_word("", "exat"));
  CHECK(is_word("", ""));
}

TEST_CASE("only letters have two cases") {
  // Bytes whose bit 5 is the only difference to a letter of the word.
  CHECK_FALSE(is_word("\x45\x58\x01\x54", "exat"));
  CHECK_FALSE(is_word("@", "`"));
  CHECK_FALSE(is_word("[", "{"));
  for (int byte = 0; byte < 256; byte++) {
    const char c = static_cast<char>(byte);
    CHECK_EQ(is_word({&c, 1}, "k"), byte == 'k' || byte == 'K');
  }
}

TEST_CASE("integers") {
  int64_t value = 7;
  CHECK_FALSE(read_integer("-9223372036854775808", value));
  CHECK_EQ(value, INT64_MIN);
  for (const char* bad : {"", " 1", "1 ", "+1", "01", "-0", "1.0", "9223372036854775808"}) {
    CAPTURE(bad);
    CHECK_EQ(read_integer(bad, value).text(), errors::kNotInteger);
    CHECK_EQ(value, INT64_MIN);
  }
}

TEST_CASE("database numbers fit an int") {
  int64_t db = 0;
  CHECK_FALSE(read_database("2147483647", db));
  CHECK_EQ(db, 2147483647);
  CHECK_FALSE(read_database("-1", db));
  CHECK_EQ(read_database("x", db).text(), errors::kNotInteger);
  constexpr const char* kRange =
      "ERR value is out of range, value must between -2147483648 and 2147483647";
  CHECK_EQ(read_database("2147483648", db).text(), kRange);
  CHECK_EQ(read_database("-2147483649", db).text(), kRange);
}

}  // namespace
}  // namespace rondo
