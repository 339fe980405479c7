#include "server/scripting/script_header.h"

#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

std::string error_of(std::string_view text) {
  uint32_t flags = 0;
  size_t bytes = 0;
  return std::string(parse_script_header(text, flags, bytes).text());
}

TEST_CASE("script header: flags, and where the code begins") {
  uint32_t flags = 0;
  size_t bytes = 0;
  CHECK_FALSE(parse_script_header("return 1", flags, bytes));
  CHECK_EQ(flags, kScriptWithoutHeader);
  CHECK_EQ(bytes, 0);
  CHECK_FALSE(parse_script_header("#!lua\nreturn 1", flags, bytes));
  CHECK_EQ(flags, 0);
  CHECK_EQ(bytes, 5);
  CHECK_FALSE(parse_script_header("#!lua  flags=no-writes,allow-oom \r\nx", flags, bytes));
  CHECK_EQ(flags, (kScriptNoWrites | kScriptAllowOom));
  CHECK_FALSE(parse_script_header("#!lua flags=allow-stale flags=no-cluster\n", flags, bytes));
  CHECK_EQ(flags, (kScriptAllowStale | kScriptNoCluster));
  CHECK_FALSE(parse_script_header("#!lua flags=allow-cross-slot-keys\n", flags, bytes));
  CHECK_EQ(flags, kScriptAllowCrossSlotKeys);
}

TEST_CASE("script header: mistakes, in Redis's words") {
  CHECK_EQ(error_of("#!lua"), "ERR Invalid script shebang");
  CHECK_EQ(error_of("#!python\n"), "ERR Unexpected engine in script shebang: #!python");
  CHECK_EQ(error_of("#!lua name=x\n"), "ERR Unknown lua shebang option: name=x");
  CHECK_EQ(error_of("#!lua flags=no\n"), "ERR Unexpected flag in script shebang: no");
  CHECK_EQ(error_of("#!lua flags=no-writes,\n"), "ERR Unexpected flag in script shebang: ");
  CHECK_EQ(error_of("#!lua flags=\n"), "");
}

}  // namespace
}  // namespace rondo
