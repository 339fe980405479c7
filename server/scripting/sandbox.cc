// What a script finds among its globals: the harmless part of Lua's libraries, those that Redis
// adds, and replacements for what would reach around the protection of tables
// (server/scripting/interpreter.h) or load bytecode. A replacement has the function for which it
// stands as its upvalue 1, and goes on there.
#include <lua.hpp>

extern "C" {
#include <lua-bitop.h>
#include <lua-cjson.h>
}

#include <algorithm>
#include <cmath>
#include <string_view>

#include "reactor/base/check.h"
#include "server/scripting/interpreter.h"
#include "server/scripting/msgpack_library.h"
#include "server/scripting/struct_library.h"

namespace rondo {

namespace {

// A pattern recurses once for each of its items: as deep as the stack of scripts allows.
constexpr size_t kPatternBytesMax = 16 * 1024;

int go_on(lua_State* lua) {
  const lua_CFunction original = lua_tocfunction(lua, lua_upvalueindex(1));
  return original(lua);
}

bool is_protected(lua_State* lua, int index) {
  return lua_istable(lua, index) && Interpreter::of(lua).is_protected(lua, index);
}

int refuse(lua_State* lua) {
  lua_pushliteral(lua, "Attempt to modify a readonly table");
  return lua_error(lua);
}

// rawset, setmetatable, table.insert: they change the table that is their first argument.
int change(lua_State* lua) {
  return is_protected(lua, 1) ? refuse(lua) : go_on(lua);
}

// next, rawget, table.foreach: they read it.
int read(lua_State* lua) {
  if (is_protected(lua, 1)) {
    Interpreter::of(lua).push_real(lua, 1);
    lua_replace(lua, 1);
  }
  return go_on(lua);
}

// Upvalue 2 is the function next.
int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(2));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

// Upvalue 2 stands for the metatable of the globals, 3 for that of strings.
int getmetatable(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TSTRING) {
    lua_pushvalue(lua, lua_upvalueindex(3));
    return 1;
  }
  if (is_protected(lua, 1)) {
    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    const bool globals = lua_rawequal(lua, 1, -1) != 0;
    globals ? lua_pushvalue(lua, lua_upvalueindex(2)) : lua_pushnil(lua);
    return 1;
  }
  return go_on(lua);
}

// Nobody turns the collector off for those who come later.
int collectgarbage(lua_State* lua) {
  const std::string_view option = luaL_optstring(lua, 1, "collect");
  if (option == "collect" || option == "count" || option == "step") return go_on(lua);
  lua_pushinteger(lua, 0);
  return 1;
}

// string.find and its like: the pattern is the second argument.
int match_pattern(lua_State* lua) {
  if (lua_type(lua, 2) == LUA_TSTRING && lua_objlen(lua, 2) > kPatternBytesMax) {
    return luaL_error(lua, "pattern too long");
  }
  return go_on(lua);
}

// cjson ends the process when a text grows beyond 2 GiB, so what would come near it is refused. How
// long the text of the value at the top may be, at the most; counting stops at `max`.
constexpr size_t kJsonBytesMax = size_t{256} << 20;
constexpr int kJsonDepthMax = 1100;  // Beyond what is encoded at all.

size_t json_bytes(lua_State* lua, size_t max, int depth) {
  constexpr size_t kOther = 32;
  if (lua_type(lua, -1) == LUA_TSTRING) return 6 * lua_objlen(lua, -1) + 3;
  if (!lua_istable(lua, -1) || depth > kJsonDepthMax || !lua_checkstack(lua, 4)) return kOther;
  const int table = lua_gettop(lua);
  size_t bytes = kOther;
  lua_pushnil(lua);
  while (bytes < max && lua_next(lua, table) != 0) {
    const bool named = lua_type(lua, -2) == LUA_TSTRING;
    bytes += named ? 6 * lua_objlen(lua, -2) + 3 : kOther;
    bytes += json_bytes(lua, max - std::min(max, bytes), depth + 1);
    lua_settop(lua, table + 1);
  }
  lua_settop(lua, table);
  return bytes;
}

// Upvalue 1 is the configuration that cjson expects there, 2 its own function.
int cjson_encode(lua_State* lua) {
  if (lua_gettop(lua) == 1 && json_bytes(lua, kJsonBytesMax, 0) >= kJsonBytesMax) {
    return luaL_error(lua, "the value is too large for JSON");
  }
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

// The number of digits may be the least integer, which has no opposite.
int bit_tohex(lua_State* lua) {
  if (lua_gettop(lua) > 1 && lua_isnumber(lua, 2)) {
    constexpr lua_Number kDigits = 8;
    const lua_Number digits = lua_tonumber(lua, 2);
    if (digits < -kDigits || digits > kDigits) {
      lua_pushnumber(lua, digits < 0 ? -kDigits : kDigits);
      lua_replace(lua, 2);
    }
  }
  return go_on(lua);
}

int not_text(lua_State* lua) {
  lua_pushnil(lua);
  lua_pushliteral(lua, "bytecode can not be loaded");
  return 2;
}

int loadstring(lua_State* lua) {
  const char* text = luaL_checkstring(lua, 1);
  return text[0] == LUA_SIGNATURE[0] ? not_text(lua) : go_on(lua);
}

// For load(): pieces come from the function at index 1; index 3 keeps the last one.
const char* read_piece(lua_State* lua, void* data, size_t* bytes) {
  bool& first = *static_cast<bool*>(data);
  luaL_checkstack(lua, 2, "too many nested functions");
  lua_pushvalue(lua, 1);
  lua_call(lua, 0, 1);
  *bytes = 0;
  if (lua_isnil(lua, -1)) return nullptr;
  if (!lua_isstring(lua, -1)) luaL_error(lua, "reader function must return a string");
  lua_replace(lua, 3);
  const char* text = lua_tolstring(lua, 3, bytes);
  if (first && text[0] == LUA_SIGNATURE[0]) luaL_error(lua, "bytecode can not be loaded");
  first = false;
  return text;
}

int load(lua_State* lua) {
  const char* name = luaL_optstring(lua, 2, "=(load)");
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  lua_settop(lua, 3);
  bool first = true;
  if (lua_load(lua, read_piece, &first, name) == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

// An error table of redis.call() arrives as its text.
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int count = lua_gettop(lua);
  lua_pushboolean(lua, 1);
  lua_insert(lua, 1);
  if (lua_pcall(lua, count - 1, LUA_MULTRET, 0) == 0) return lua_gettop(lua);
  lua_remove(lua, 1);
  if (lua_istable(lua, -1)) {
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1)) {
      lua_replace(lua, -2);
    } else {
      lua_pop(lua, 1);
    }
  }
  lua_pushboolean(lua, 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

int math_random(lua_State* lua) {
  constexpr double kMax = 0x7fffffff;
  const double r = std::fmod(Interpreter::of(lua).next_random(), kMax) / kMax;
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, r);
      return 1;
    case 1: {
      const int upper = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= upper, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(r * upper) + 1);
      return 1;
    }
    case 2: {
      const int lower = luaL_checkint(lua, 1);
      const int upper = luaL_checkint(lua, 2);
      luaL_argcheck(lua, lower <= upper, 2, "interval is empty");
      lua_pushnumber(lua, std::floor(r * (static_cast<double>(upper) - lower + 1)) + lower);
      return 1;
    }
    default:
      return luaL_error(lua, "wrong number of arguments");
  }
}

int math_randomseed(lua_State* lua) {
  Interpreter::of(lua).seed_random(static_cast<uint32_t>(luaL_checkint(lua, 1)));
  return 0;
}

struct Replacement {
  const char* name;
  lua_CFunction function;
};

constexpr Replacement kOfBase[] = {
    {"next", read},
    {"rawget", read},
    {"rawset", change},
    {"setmetatable", change},
    {"collectgarbage", collectgarbage},
    {"loadstring", loadstring},
    {"load", load},
    {"pcall", protected_call},
};
constexpr Replacement kOfString[] = {
    {"find", match_pattern},
    {"match", match_pattern},
    {"gmatch", match_pattern},
    {"gsub", match_pattern},
};
constexpr Replacement kOfBit[] = {{"tohex", bit_tohex}};
constexpr Replacement kOfTable[] = {{"insert", change}, {"foreach", read}};
constexpr Replacement kOfMath[] = {{"random", math_random}, {"randomseed", math_randomseed}};

constexpr const char* kAllowed[] = {
    "_VERSION", "assert",   "collectgarbage", "coroutine", "error",        "gcinfo", "getmetatable",
    "ipairs",   "load",     "loadstring",     "math",      "next",         "pairs",  "pcall",
    "rawequal", "rawget",   "rawset",         "select",    "setmetatable", "string", "table",
    "tonumber", "tostring", "type",           "unpack",    "xpcall",
};
constexpr const char* kLibraries[] = {"string", "table",    "math",   "coroutine", "cjson",
                                      "bit",    "cmsgpack", "struct", "redis"};

// In the table at the top.
template <size_t kCount>
void replace(lua_State* lua, const Replacement (&replacements)[kCount]) {
  for (const Replacement& replacement : replacements) {
    lua_getfield(lua, -1, replacement.name);
    CHECK(lua_iscfunction(lua, -1));
    lua_pushcclosure(lua, replacement.function, 1);
    lua_setfield(lua, -2, replacement.name);
  }
}

template <size_t kCount>
void replace_in(lua_State* lua, const char* library, const Replacement (&replacements)[kCount]) {
  lua_getfield(lua, -1, library);
  replace(lua, replacements);
  lua_pop(lua, 1);
}

void open_library(lua_State* lua, lua_CFunction open, const char* name) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 1);
}

// The key may be anything.
int no_such_global(lua_State* lua) {
  const char* name = lua_isstring(lua, 2) ? lua_tostring(lua, 2) : luaL_typename(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name);
}

// In the table at the top, which is cjson.
void replace_encode(lua_State* lua) {
  lua_getfield(lua, -1, "encode");
  CHECK(lua_getupvalue(lua, -1, 1) != nullptr);
  lua_insert(lua, -2);
  lua_pushcclosure(lua, cjson_encode, 2);
  lua_setfield(lua, -2, "encode");
}

// Those of the functions that need more than what they stand for. The real globals are at the top.
void replace_special(lua_State* lua, Interpreter& interpreter) {
  lua_getfield(lua, -1, "pairs");
  lua_getfield(lua, -2, "next");
  lua_pushcclosure(lua, pairs, 2);
  lua_setfield(lua, -2, "pairs");

  lua_getfield(lua, -1, "getmetatable");
  lua_newtable(lua);
  interpreter.protect(lua);
  // The metatable of strings names the real library: its stand-in names the protected one.
  lua_newtable(lua);
  lua_getfield(lua, -4, "string");
  lua_setfield(lua, -2, "__index");
  interpreter.protect(lua);
  lua_pushcclosure(lua, getmetatable, 3);
  lua_setfield(lua, -2, "getmetatable");
}

// All of Lua's libraries that have something for scripts, and the others, as globals.
void open_libraries(lua_State* lua) {
  open_library(lua, luaopen_base, "");
  open_library(lua, luaopen_table, LUA_TABLIBNAME);
  open_library(lua, luaopen_string, LUA_STRLIBNAME);
  open_library(lua, luaopen_math, LUA_MATHLIBNAME);
  open_library(lua, luaopen_bit, "bit");
  lua_settop(lua, 0);
  open_library(lua, luaopen_cjson, "cjson");
  lua_setglobal(lua, "cjson");
  push_msgpack_library(lua);
  lua_setglobal(lua, "cmsgpack");
  push_struct_library(lua);
  lua_setglobal(lua, "struct");
  push_redis_library(lua);
  lua_setglobal(lua, "redis");
  lua_settop(lua, 0);
}

}  // namespace

void open_sandbox(lua_State* lua, Interpreter& interpreter) {
  lua_settop(lua, 0);
  open_libraries(lua);
  lua_newtable(lua);
  for (const char* name : kAllowed) {
    lua_getglobal(lua, name);
    CHECK(!lua_isnil(lua, -1));
    lua_setfield(lua, -2, name);
  }
  replace(lua, kOfBase);
  replace_in(lua, "string", kOfString);
  replace_in(lua, "table", kOfTable);
  replace_in(lua, "math", kOfMath);
  for (const char* name : kLibraries) {
    lua_getglobal(lua, name);
    CHECK(lua_istable(lua, -1));
    if (std::string_view(name) == "cjson") replace_encode(lua);
    if (std::string_view(name) == "bit") replace(lua, kOfBit);
    interpreter.protect(lua);
    lua_setfield(lua, -2, name);
  }
  replace_special(lua, interpreter);

  lua_newtable(lua);
  lua_pushcfunction(lua, no_such_global);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  interpreter.protect(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "_G");
  // What is compiled and created from here on has these globals.
  lua_replace(lua, LUA_GLOBALSINDEX);
}

}  // namespace rondo
