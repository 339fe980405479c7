// Scripts without a server. Covers server/scripting/sandbox.cc, server/scripting/redis_library.cc
// server/scripting/reply_values.cc and server/scripting/script_values.cc; what Redis replies to
// scripts is in tests/scripts/scripting.txt.
#include "server/scripting/interpreter.h"

#include <string>
#include <vector>

#include "tests/server/scripting/fake_host.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("interpreter: replies of every type become values, and values replies") {
  FakeHost host;
  std::string answer;
  host.answer = [&](const auto&) { return answer; };
  const auto round_trip = [&](const std::string& reply, Resp resp) {
    answer = reply;
    const char* code =
        resp == Resp::k3 ? "redis.setresp(3) return redis.call('x')" : "return redis.call('x')";
    return host.run(code, {}, {}, resp);
  };
  for (const char* reply : {":1\r\n", ":-9007199254740992\r\n", "+OK\r\n", "$3\r\na\r\n\r\n",
                            "$0\r\n\r\n", "$-1\r\n", "*0\r\n", "*3\r\n:1\r\n*1\r\n+x\r\n$-1\r\n"}) {
    CHECK_EQ(round_trip(reply, Resp::k2), reply);
  }
  CHECK_EQ(round_trip("*-1\r\n", Resp::k2), "$-1\r\n");
  for (const char* reply : {"_\r\n", "#t\r\n", "#f\r\n", ",1.5\r\n", ",inf\r\n", ",nan\r\n",
                            "(123456789012345678901234567890\r\n", "=7\r\ntxt:abc\r\n",
                            "%1\r\n$1\r\na\r\n:1\r\n", "~1\r\n$1\r\na\r\n"}) {
    CHECK_EQ(round_trip(reply, Resp::k3), reply);
  }
  // A number that is none of Lua's loses digits, as on Redis.
  CHECK_EQ(round_trip(":9223372036854775807\r\n", Resp::k2), ":-9223372036854775808\r\n");
}

TEST_CASE("interpreter: arguments of commands arrive as they are") {
  FakeHost host;
  std::vector<std::string> seen;
  host.answer = [&](const std::vector<std::string>& args) {
    seen = args;
    return std::string(":1\r\n");
  };
  host.run("return redis.call('a', 1, -5, 1.5, 1e15, 1e300, -0, '', 'x\\0y', 12345678901234)");
  const std::vector<std::string> expected = {"a",
                                             "1",
                                             "-5",
                                             "1.5",
                                             "1000000000000000",
                                             "1.0000000000000001e+300",
                                             "-0",
                                             "",
                                             std::string("x\0y", 3),
                                             "12345678901234"};
  CHECK(seen == expected);
  host.run("local t={} for i=1,7000 do t[i]=i end return redis.call(unpack(t))");
  REQUIRE_EQ(seen.size(), 7000);
  CHECK_EQ(seen[6999], "7000");
}

TEST_CASE("interpreter: errors of commands are raised or returned") {
  FakeHost host;
  host.answer = [](const std::vector<std::string>& args) {
    return args[0] == "refused" ? std::string("!ERR refused") : std::string("-WRONG kind\r\n");
  };
  CHECK_EQ(host.run("redis.call('x')"), "raised: WRONG kind");
  CHECK(host.result.counted);
  CHECK_EQ(host.result.source, "@user_script");
  CHECK_EQ(host.result.line, 1);
  CHECK_EQ(host.run("\n\nredis.call('refused')"), "raised: ERR refused");
  CHECK_EQ(host.result.line, 3);
  CHECK_EQ(host.run("return redis.pcall('x')"), "-WRONG kind\r\n");
  CHECK(host.result.failed);
  CHECK(host.result.counted);
  CHECK_EQ(host.run("return {err='MINE text'}"), "-MINE text\r\n");
  CHECK(host.result.failed);
  CHECK_FALSE(host.result.counted);
  CHECK_EQ(host.result.code, "MINE");
  CHECK_EQ(host.run("return 1"), ":1\r\n");
  CHECK_FALSE(host.result.failed);
}

TEST_CASE("interpreter: error objects may be anything") {
  FakeHost host;
  for (const char* code :
       {"error({})", "error({err={}})", "error({err=5})", "error(setmetatable({},{__index=error}))",
        "error(redis)", "error(_G)", "error(print)", "error(function() end)", "error(nil)",
        "error()", "error(coroutine.create(function() end))", "error(false)", "error({err=''})",
        "error({err='x',line='y',source={}})"}) {
    CAPTURE(code);
    CHECK(host.run(code).starts_with("raised: "));
    CHECK_EQ(host.run("return 1"), ":1\r\n");
  }
}

TEST_CASE("interpreter: nothing that a script does outlives it") {
  FakeHost host;
  for (const char* code :
       {"x = 1", "_G.x = 1", "string.x = 1", "rawset(_G, 'x', 1)", "rawset(string, 'x', 1)",
        "setmetatable(_G, {})", "setmetatable(string, nil)", "table.insert(redis, 1)",
        "getmetatable('').__index = 1", "getmetatable(_G).__index = 1", "redis.call = 1",
        "_G._G = {}", "string.len = nil", "local n, t = pairs(redis) rawset(t, 'call', 1)",
        "for k, v in pairs(_G) do if type(v) == 'table' and k ~= 'KEYS' and k ~= 'ARGV' then "
        "v.x = 1 end end",
        "local t = rawget(_G, 'redis') t.call = 1", "coroutine.wrap(function() y = 1 end)()"}) {
    CAPTURE(code);
    const std::string reply = host.run(code);
    CHECK(reply.find("readonly table") != reply.npos);
    CHECK_EQ(host.run("return {type(redis.call), #string.rep('x', 3), ('abc'):upper()}"),
             "*3\r\n$8\r\nfunction\r\n:3\r\n$3\r\nABC\r\n");
    CHECK(host.run("return x").find("nonexistent global variable 'x'") != std::string::npos);
  }
  CHECK_EQ(host.run("KEYS[1] = 'b' KEYS.x = 1 return KEYS[1]", {"a"}), "$1\r\nb\r\n");
  CHECK_EQ(host.run("return {KEYS[1], KEYS.x == nil}", {"a"}), "*2\r\n$1\r\na\r\n:1\r\n");
  CHECK_EQ(host.run("collectgarbage('stop') return collectgarbage('setpause', 1)"), ":0\r\n");
}

TEST_CASE("interpreter: bytecode is never loaded") {
  FakeHost host;
  CHECK_EQ(host.run("return loadstring(string.dump(function() return 1 end)) == nil"), ":1\r\n");
  CHECK_EQ(host.run("local s, done = string.dump(function() return 1 end), false "
                    "local f = load(function() if done then return nil end done = true return s "
                    "end) return f == nil"),
           ":1\r\n");
  CHECK(host.run("\033Lua").starts_with("compile: ERR Error compiling script"));
  CHECK_EQ(host.run("return load(function() return nil end)()"), "$-1\r\n");
}

TEST_CASE("interpreter: recursion of any kind ends with an error") {
  FakeHost host;
  for (const char* code : {
           "local function f() return 1 + f() end return f()",
           "local function f() return pcall(f) end return f()",
           "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] "
           "end return t.x",
           "local function f(s) return string.gsub(s, '.', f) end return f('x')",
           "local function f() return coroutine.wrap(f)() end return f()",
           "local t = {} t[1] = t return t",
           "local t = {} for i = 1, 100000 do t = {t} end return t",
           "return cjson.encode((function() local t = {} t.t = t return t end)())",
           "return cmsgpack.unpack(string.rep('\\145', 100000))",
           "return cjson.decode(string.rep('[', 100000))",
           "local s = string.rep('(', 100000) return loadstring('return ' .. s)",
           "return string.find(string.rep('a', 100000), string.rep('a?', 50000))",
           "return string.find(string.rep('a', 16000), string.rep('a?', 8000))",
           "return string.rep('x', 1e10)",
           "return {unpack({}, 1, 1e8)}",
           "local t = {} t.map = {} t.map[1] = t return t",
           "return table.concat(setmetatable({}, {__index = function() return 'x' end}), '', 1, 2)",
       }) {
    CAPTURE(code);
    CHECK_FALSE(host.run(code).empty());
    CHECK_EQ(host.run("return 1"), ":1\r\n");
  }
}

TEST_CASE("interpreter: memory has a limit, and comes back") {
  FakeHost host;
  CHECK_EQ(host.run("return 1"), ":1\r\n");
  const std::string reply =
      host.run("local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1e6 + i) end");
  CHECK_EQ(reply, "raised: ERR not enough memory");
  CHECK_EQ(host.run("collectgarbage() return 1"), ":1\r\n");
  CHECK(host.interpreter().memory_bytes() < size_t{1} << 20);
}

TEST_CASE("interpreter: a script can be stopped wherever it is, whatever it catches") {
  FakeHost host;
  int left = 0;
  host.progress = [&](Interpreter& interpreter) {
    if (--left < 0) interpreter.stop("ERR stopped");
  };
  for (const char* code : {
           "while true do end",
           "while true do pcall(function() while true do end end) end",
           "while true do xpcall(function() while true do end end, function(e) return e end) end",
           "local c = coroutine.wrap(function() while true do end end) while true do pcall(c) end",
           "while true do redis.pcall('x') end",
           "while true do pcall(redis.call, 'x') end",
           "local function f() while true do pcall(f) end end f()",
           "table.sort({3, 2, 1}, function() while true do end end)",
           "string.gsub('abc', '.', function() while true do end end)",
           "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
           "while true do local c = coroutine.create(function() error('x') end) "
           "coroutine.resume(c) end",
       }) {
    CAPTURE(code);
    left = 20;
    CHECK_EQ(host.run(code), "raised: ERR stopped");
    left = 1'000'000;
    CHECK_EQ(host.run("local n = 0 for i = 1, 100000 do n = n + 1 end return n"), ":100000\r\n");
  }
}

// What other libraries do not bear.
TEST_CASE("interpreter: libraries do not see what would end the process") {
  FakeHost host;
  CHECK_EQ(host.run("return bit.tohex(65535, -2147483648)"), "$8\r\n0000FFFF\r\n");
  CHECK_EQ(host.run("return bit.tohex(255, 1e300)"), "$8\r\n000000ff\r\n");
  CHECK_EQ(host.run("return {bit.tohex(255), bit.tohex(255, -2), bit.tohex(255, 4)}"),
           "*3\r\n$8\r\n000000ff\r\n$2\r\nFF\r\n$4\r\n00ff\r\n");
  for (const char* code : {
           "local s, t = string.rep('x', 1e6), {} for i = 1, 3000 do t[i] = s end "
           "return cjson.encode(t)",
           "local t = {string.rep('x', 1e5)} for i = 1, 40 do t = {t, t} end "
           "return cjson.encode(t)",
           "local s, t = string.rep('k', 1e6), {} for i = 1, 60 do t[s .. i] = 1 end "
           "return cjson.encode({t, t})",
       }) {
    CAPTURE(code);
    const std::string reply = host.run(code);
    CHECK((reply.find("too large for JSON") != reply.npos ||
           reply.find("not enough memory") != reply.npos));
  }
  CHECK_EQ(host.run("return #cjson.encode({string.rep('x', 1e6)})"), ":1000004\r\n");
  CHECK_EQ(host.run("return cjson.encode({a = {1, 2, {b = 'c'}}})"),
           "$21\r\n{\"a\":[1,2,{\"b\":\"c\"}]}\r\n");
  CHECK(host.run("return cjson.encode()").starts_with("raised: "));
}

TEST_CASE("interpreter: as many arguments as the stack holds") {
  FakeHost host;
  host.answer = [](const std::vector<std::string>& args) {
    return ":" + std::to_string(args.size()) + "\r\n";
  };
  CHECK_EQ(host.run("local t = {} for i = 1, 7999 do t[i] = i end return redis.call(unpack(t))"),
           ":7999\r\n");
}

TEST_CASE("interpreter: random numbers can begin again") {
  FakeHost host;
  const uint64_t before = host.interpreter().random_state();
  const std::string first = host.run("return tostring(math.random())");
  CHECK_NE(host.run("return tostring(math.random())"), first);
  host.interpreter().set_random_state(before);
  CHECK_EQ(host.run("return tostring(math.random())"), first);
}

TEST_CASE("interpreter: lines for the log") {
  FakeHost host;
  host.run("redis.log(redis.LOG_WARNING, 'a', 1, 'b')");
  host.run("redis.log(redis.LOG_DEBUG, 'x')");
  CHECK(host.lines == std::vector<std::string>{"3 a 1 b", "0 x"});
  CHECK_EQ(host.run("return redis.acl_check_cmd('get')"), ":1\r\n");
}

}  // namespace
}  // namespace rondo
