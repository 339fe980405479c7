#include "server/scripting/struct_library.h"

#include <string>

#include "reactor/base/prng.h"
#include "tests/server/scripting/fake_host.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("struct: what is packed is unpacked") {
  FakeHost host;
  CHECK_EQ(host.run("for _, e in ipairs({'<', '>', '!<', '!4>', '!8'}) do "
                    "local f = e .. 'bBhHiIlLTfdsc3i3I7' "
                    "local p = struct.pack(f, -1, 255, -300, 65535, -70000, 4294967295, -2^40, "
                    "2^50, 12, 1.5, 0.1, 'text', 'abc', -5, 2^55) "
                    "local a, b, c, d, g, h, i, j, k, l, m, n, o, q, r, at = struct.unpack(f, p) "
                    "if not (a == -1 and b == 255 and c == -300 and d == 65535 and g == -70000 "
                    "and h == 4294967295 and i == -2^40 and j == 2^50 and k == 12 and l == 1.5 "
                    "and m == 0.1 and n == 'text' and o == 'abc' and q == -5 and r == 2^55) then "
                    "return e end if at ~= #p + 1 then return at end end return 'good'"),
           "$4\r\ngood\r\n");
}

TEST_CASE("struct: any format over any bytes is values or an error") {
  FakeHost host;
  Prng random(3);
  constexpr std::string_view kLetters = "<>! =xbBhHiIlLTfdsc0123456789";
  for (int i = 0; i < 3000; ++i) {
    std::string format;
    for (size_t n = random.next() % 8; n > 0; --n)
      format += kLetters[random.next() % kLetters.size()];
    const std::string bytes(random.next() % 40, static_cast<char>(random.next()));
    CAPTURE(format);
    for (const char* code :
         {"local t = {pcall(struct.unpack, ARGV[1], ARGV[2])} return tostring(t[1])",
          "return tostring(pcall(struct.pack, ARGV[1], 1, '2', 3, 'abcdefghij', 5, 6, 7, 8))",
          "return tostring(pcall(struct.size, ARGV[1]))"}) {
      const std::string reply = host.run(code, {}, {format, bytes});
      CHECK((reply == "$4\r\ntrue\r\n" || reply == "$5\r\nfalse\r\n"));
    }
  }
}

}  // namespace
}  // namespace rondo
