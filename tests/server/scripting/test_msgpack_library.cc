#include "server/scripting/msgpack_library.h"

#include <string>

#include "reactor/base/prng.h"
#include "tests/server/scripting/fake_host.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string hex_of(FakeHost& host, const std::string& expression) {
  return host.run("return (cmsgpack.pack(" + expression +
                  "):gsub('.', function(c) return string.format('%02x', c:byte()) end))");
}

// Forms of the specification of MessagePack.
TEST_CASE("msgpack: each value takes its shortest form") {
  FakeHost host;
  const std::pair<const char*, const char*> forms[] = {
      {"0", "00"},
      {"127", "7f"},
      {"128", "cc80"},
      {"256", "cd0100"},
      {"65536", "ce00010000"},
      {"4294967296", "cf0000000100000000"},
      {"-1", "ff"},
      {"-32", "e0"},
      {"-33", "d0df"},
      {"-129", "d1ff7f"},
      {"-32769", "d2ffff7fff"},
      {"-2147483649", "d3ffffffff7fffffff"},
      {"1.5", "ca3fc00000"},
      {"0.1", "cb3fb999999999999a"},
      {"nil", "c0"},
      {"true", "c3"},
      {"false", "c2"},
      {"''", "a0"},
      {"'abc'", "a3616263"},
      {"{}", "90"},
      {"{1, 'a'}", "9201a161"},
      {"{a = 1}", "81a16101"},
      {"{[3] = 1}", "810301"},
      {"1, 2, nil", "0102c0"},
  };
  for (const auto& form : forms) {
    const std::string expression = form.first;
    CAPTURE(expression);
    const std::string text = form.second;
    CHECK_EQ(hex_of(host, expression), "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n");
  }
}

TEST_CASE("msgpack: what is packed is unpacked") {
  FakeHost host;
  CHECK_EQ(host.run("local t = {} for i = 1, 70000 do t[i] = i * 3 end "
                    "local u = cmsgpack.unpack(cmsgpack.pack(t)) "
                    "for i = 1, 70000 do if u[i] ~= t[i] then return i end end return #u"),
           ":70000\r\n");
  CHECK_EQ(host.run("for _, n in ipairs({1, 31, 32, 255, 256, 65535, 65536, 1000000}) do "
                    "local s = string.rep('x', n) "
                    "if cmsgpack.unpack(cmsgpack.pack(s)) ~= s then return n end end return 0"),
           ":0\r\n");
  CHECK_EQ(host.run("for e = 0, 52 do for _, d in ipairs({-1, 0, 1}) do for _, s in ipairs({-1, "
                    "1}) do local n = s * (2 ^ e + d) "
                    "if cmsgpack.unpack(cmsgpack.pack(n)) ~= n then return e end end end end "
                    "return -1"),
           ":-1\r\n");
  CHECK_EQ(host.run("return cmsgpack.unpack('\\196\\3abc')"), "$3\r\nabc\r\n");
}

TEST_CASE("msgpack: any bytes are values or an error") {
  FakeHost host;
  Prng random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes;
    for (size_t n = random.next() % 24; n > 0; --n)
      bytes +=
          static_cast<char>(random.next() % 3 == 0 ? 0x80 + random.next() % 128 : random.next());
    const std::string reply = host.run(
        "local ok, e = pcall(cmsgpack.unpack, ARGV[1]) if ok then return 'ok' end return e", {},
        {bytes});
    CHECK((reply == "$2\r\nok\r\n" || reply.find("Missing bytes") != reply.npos ||
           reply.find("Bad data") != reply.npos));
  }
  CHECK(host.run("return cmsgpack.unpack('\\221\\255\\255\\255\\255')").find("Missing bytes") !=
        std::string::npos);
}

}  // namespace
}  // namespace rondo
