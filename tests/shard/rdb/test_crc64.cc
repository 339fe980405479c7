#include "shard/rdb/crc64.h"

#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("crc64: the published check value, and any split is the same") {
  CHECK(crc64(0, "") == 0);
  CHECK(crc64(0, "123456789") == 0xe9c6d914c4b8d9ca);
  const std::string text(100, 'x');
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view view = text;
    CHECK(crc64(crc64(0, view.substr(0, cut)), view.substr(cut)) == crc64(0, view));
  }
}

}  // namespace
}  // namespace rondo
