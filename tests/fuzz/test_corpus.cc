// Replays the kept inputs of every fuzzer, in builds without one. Run in the root of the sources.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/targets.h"
#include "tests/testing.h"

namespace rondo {
namespace {

void replay(const char* name, void (*target)(std::string_view)) {
  size_t count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string("tests/fuzz/corpus/") + name)) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    CAPTURE(file.path().string());
    REQUIRE(stream.good());
    // Every beginning of an input is an input too.
    for (size_t size = 0; size <= bytes.size(); ++size)
      target(bytes.substr(0, size));
    ++count;
  }
  CHECK(count >= 20);
}

TEST_CASE("kept inputs of the request parser") {
  replay("request_parser", fuzz_request_parser);
}
TEST_CASE("kept inputs of the reply reader") {
  replay("resp_reader", fuzz_resp_reader);
}
TEST_CASE("kept inputs of globs and numbers") {
  replay("glob_number", fuzz_glob_number);
}
TEST_CASE("kept inputs of RESTORE") {
  replay("dump", fuzz_dump);
}

}  // namespace
}  // namespace rondo
