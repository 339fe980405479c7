#include "server/input_buffer.h"

#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a long input is a mapping, of which nothing is kept when it is done with") {
  InputBuffer input;
  const std::string piece(100'000, 'a');
  while (input.size() < 20'000'000)
    input.append(piece);
  CHECK(input.view().find_first_not_of('a') == std::string_view::npos);
  CHECK(input.capacity() == input.size());
  const char* const before = input.view().data();
  input.append("b");
  CHECK(input.view().data() == before);
  input.assign(input.view().substr(input.size() - 2));
  CHECK(input.view() == "ab");
  CHECK(input.capacity() < 1000);
  input.append(std::string(InputBuffer::kLongBytes, 'c'));
  input.clear();
  CHECK(input.empty());
  CHECK(input.capacity() < 1000);
}

TEST_CASE("an input buffer agrees with a string") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Prng prng(seed);
    InputBuffer input;
    std::string model;
    for (int step = 0; step < 500; ++step) {
      const uint64_t action = prng.below(20);
      if (action < 14) {
        const std::string bytes(prng.below(uint64_t{1} << prng.below(19)),
                                static_cast<char>('a' + prng.below(26)));
        input.append(bytes);
        model.append(bytes);
      } else if (action < 17) {
        const size_t bytes = prng.below(model.size() + 1);
        input.drop_front(bytes);
        model.erase(0, bytes);
      } else if (action < 19) {
        const size_t from = prng.below(model.size() + 1);
        const size_t length = prng.below(model.size() - from + 1);
        input.assign(input.view().substr(from, length));
        model = model.substr(from, length);
      } else {
        input.clear();
        input.trim(prng.below(1000));
        model.clear();
      }
      REQUIRE(input.size() == model.size());
      REQUIRE(input.empty() == model.empty());
      REQUIRE(input.view() == model);
      REQUIRE(input.capacity() >= input.size());
    }
  }
}

TEST_CASE("session: one command of very many arguments, in pieces, with big ones in it") {
  for (const int cores : {1, 3}) {
    for (const size_t piece : {16ul * 1024, 100'001ul}) {
      CAPTURE(cores);
      CAPTURE(piece);
      LocalServer server(cores);
      LocalClient& client = server.connect(0);
      client.read_bytes_max = piece;
      constexpr size_t kKeys = 60'000;
      std::vector<std::string> set = {"MSET"};
      std::vector<std::string> remove = {"DEL"};
      for (size_t i = 0; i < kKeys; ++i) {
        remove.push_back("key:" + std::to_string(i));
        set.push_back(remove.back());
        set.push_back(i % 20'000 == 10'000 ? std::string(50'000, 'b') : std::to_string(i));
      }
      CHECK_EQ(client.run_args(set), "+OK\r\n");
      CHECK_EQ(client.run("DBSIZE"), ":" + std::to_string(kKeys));
      CHECK_EQ(client.run("GET key:59999"), "$5 59999");
      CHECK_EQ(client.run("STRLEN key:50000"), ":50000");
      remove.push_back("PING");
      CHECK_EQ(client.run_args(remove), ":" + std::to_string(kKeys) + "\r\n");
      CHECK_EQ(client.run("DBSIZE"), ":0");
      // Nothing of that is kept.
      CHECK_LT(client.session().memory_bytes(), 100'000);
      // Inside MULTI, and refused before it executes.
      CHECK_EQ(client.run("MULTI"), "+OK");
      CHECK_EQ(client.run_args(set), "+QUEUED\r\n");
      CHECK_EQ(client.run("EXEC"), "*1 +OK");
      set.push_back("odd");
      CHECK(client.run_args(set).starts_with("-ERR wrong number of arguments"));
      CHECK_EQ(client.run("DBSIZE"), ":" + std::to_string(kKeys));
    }
  }
}

}  // namespace
}  // namespace rondo
