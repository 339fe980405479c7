// The table "redis": what scripts use to speak to the server. Texts as Redis has them.
#include <lua.hpp>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include "protocol/number.h"
#include "server/scripting/interpreter.h"
#include "server/scripting/script_values.h"
#include "server/scripting/sha1.h"
#include "server/version.h"

namespace rondo {

namespace {

// Of "%.17g".
constexpr size_t kNumberBytesMax = 32;

// Raises an error without a position of its own.
int raise(lua_State* lua, const char* text) {
  push_error(lua, text);
  return lua_error(lua);
}

// A number as Redis passes it on: 17 digits, so integers below 10^17 as such.
size_t format_number(double number, char* out) {
  const auto integer = static_cast<int64_t>(number);
  if (std::abs(number) < 1e15 && static_cast<double>(integer) == number && integer != 0) {
    return format_integer(integer, out);
  }
  return static_cast<size_t>(std::snprintf(out, kNumberBytesMax, "%.17g", number));
}

// The arguments as views into the strings of the stack, which stay there during the call. False:
// one is neither a string nor a number.
bool take_arguments(lua_State* lua, Interpreter& interpreter) {
  const int count = lua_gettop(lua);
  std::vector<std::string_view>& arguments = interpreter.call_arguments();
  std::string& numbers = interpreter.call_numbers();
  arguments.clear();
  size_t used = 0;
  for (int i = 1; i <= count; ++i) {
    switch (lua_type(lua, i)) {
      case LUA_TSTRING: {
        size_t size = 0;
        const char* bytes = lua_tolstring(lua, i, &size);
        arguments.emplace_back(bytes, size);
        break;
      }
      case LUA_TNUMBER: {
        // Room for all of them at once, so that they do not move.
        const size_t room = static_cast<size_t>(count) * kNumberBytesMax;
        if (numbers.size() < room) {
          if (used != 0) return false;
          numbers.resize(room);
        }
        char* at = numbers.data() + used;
        const size_t size = format_number(lua_tonumber(lua, i), at);
        arguments.emplace_back(at, size);
        used += size;
        break;
      }
      default:
        return false;
    }
  }
  return true;
}

// Executes the command and leaves its value on the stack. False: it is an error.
bool call_command(lua_State* lua, Interpreter& interpreter) {
  std::string_view reply;
  // Nothing that owns memory may be in this frame when Lua raises an error.
  interpreter.text().clear();
  {
    Error error = interpreter.host().call(interpreter.call_arguments(), reply);
    if (error) interpreter.text() = error.text();
  }
  interpreter.check_stop(lua);
  // The arguments, which may have filled the stack, are done with.
  lua_settop(lua, 0);
  if (!interpreter.text().empty()) {
    push_command_error(lua, interpreter.text());
    return false;
  }
  push_reply_value(lua, reply);
  return reply[0] != '-';
}

int call_or_raise(lua_State* lua, bool raises) {
  Interpreter& interpreter = Interpreter::of(lua);
  interpreter.check_stop(lua);
  if (lua_gettop(lua) == 0) {
    push_error(lua, "Please specify at least one argument for this redis lib call");
    return raises ? lua_error(lua) : 1;
  }
  if (!take_arguments(lua, interpreter)) {
    push_error(lua, "Lua redis lib command arguments must be strings or integers");
    return raises ? lua_error(lua) : 1;
  }
  const bool succeeded = call_command(lua, interpreter);
  return succeeded || !raises ? 1 : lua_error(lua);
}

int redis_call(lua_State* lua) {
  return call_or_raise(lua, true);
}

int redis_pcall(lua_State* lua) {
  return call_or_raise(lua, false);
}

int redis_error_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    push_error(lua, "wrong number or type of arguments");
    return 1;
  }
  size_t size = 0;
  const char* text = lua_tolstring(lua, 1, &size);
  if (text[0] != '-') {
    lua_pushliteral(lua, "-");
    lua_pushvalue(lua, 1);
    lua_concat(lua, 2);
    text = lua_tolstring(lua, -1, &size);
  }
  push_error(lua, {text, size});
  return 1;
}

int redis_status_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    push_error(lua, "wrong number or type of arguments");
    return 1;
  }
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

int redis_sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "wrong number of arguments");
  size_t size = 0;
  const char* text = lua_tolstring(lua, 1, &size);
  const Sha1Hex sha = sha1_hex({text, size});
  lua_pushlstring(lua, sha.digits.data(), sha.digits.size());
  return 1;
}

int redis_log(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count < 2) return raise(lua, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(lua, 1)) {
    return raise(lua, "First argument must be a number (log level).");
  }
  const lua_Number level = lua_tonumber(lua, 1);
  if (!(level >= 0 && level < 4)) return raise(lua, "Invalid debug level.");
  Interpreter& interpreter = Interpreter::of(lua);
  std::string& line = interpreter.text();
  line.clear();
  for (int i = 2; i <= count; ++i) {
    size_t size = 0;
    const char* text = lua_tolstring(lua, i, &size);
    if (text == nullptr) continue;
    if (i != 2) line += ' ';
    line.append(text, size);
  }
  interpreter.host().log(static_cast<int>(level), line);
  return 0;
}

int redis_setresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "redis.setresp() requires one argument.");
  const auto version = static_cast<int>(lua_tonumber(lua, 1));
  if (version != 2 && version != 3) return raise(lua, "RESP version must be 2 or 3.");
  Interpreter::of(lua).host().set_resp(version == 2 ? Resp::k2 : Resp::k3);
  return 0;
}

int redis_replicate_commands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

int redis_set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "redis.set_repl() requires two arguments.");
  const lua_Number flags = lua_tonumber(lua, 1);
  if (!(flags >= 0 && flags < 4)) {
    return raise(lua,
                 "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

// Of the debugger, which is not there.
int redis_breakpoint(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}

int redis_debug(lua_State*) {
  return 0;
}

// There is one user, who may do everything.
int redis_acl_check_cmd(lua_State* lua) {
  Interpreter& interpreter = Interpreter::of(lua);
  if (lua_gettop(lua) == 0) {
    return raise(lua, "Please specify at least one argument for this redis lib call");
  }
  if (!take_arguments(lua, interpreter)) {
    return raise(lua, "redis.acl_check_cmd() require strings or integers arguments");
  }
  if (!interpreter.host().knows_command(interpreter.call_arguments())) {
    return raise(lua, "Invalid command passed to redis.acl_check_cmd()");
  }
  lua_pushboolean(lua, 1);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"call", redis_call},
    {"pcall", redis_pcall},
    {"error_reply", redis_error_reply},
    {"status_reply", redis_status_reply},
    {"sha1hex", redis_sha1hex},
    {"log", redis_log},
    {"setresp", redis_setresp},
    {"replicate_commands", redis_replicate_commands},
    {"set_repl", redis_set_repl},
    {"breakpoint", redis_breakpoint},
    {"debug", redis_debug},
    {"acl_check_cmd", redis_acl_check_cmd},
};

struct Constant {
  const char* name;
  int value;
};

constexpr Constant kConstants[] = {
    {"LOG_DEBUG", 0},  {"LOG_VERBOSE", 1},
    {"LOG_NOTICE", 2}, {"LOG_WARNING", 3},
    {"REPL_NONE", 0},  {"REPL_AOF", 1},
    {"REPL_SLAVE", 2}, {"REPL_REPLICA", 2},
    {"REPL_ALL", 3},   {"REDIS_VERSION_NUM", kRedisVersionNumber},
};

}  // namespace

void push_redis_library(lua_State* lua) {
  lua_newtable(lua);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
  for (const Constant& constant : kConstants) {
    lua_pushinteger(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
  lua_pushlstring(lua, kRedisVersion.data(), kRedisVersion.size());
  lua_setfield(lua, -2, "REDIS_VERSION");
}

}  // namespace rondo
