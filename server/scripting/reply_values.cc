// Replies of commands as values of Lua, and the tables of errors
// (server/scripting/script_values.h).
#include <lua.hpp>

#include <cstring>
#include <limits>

#include "protocol/number.h"
#include "reactor/base/check.h"
#include "server/scripting/script_values.h"

namespace rondo {

namespace {

// Aggregates in aggregates; no command nests them deeper.
constexpr int kDepthMax = 64;

int64_t to_integer(std::string_view digits) {
  int64_t value = 0;
  const bool negative = !digits.empty() && digits[0] == '-';
  for (const char c : digits.substr(negative ? 1 : 0))
    value =
        static_cast<int64_t>(static_cast<uint64_t>(value) * 10 + static_cast<uint64_t>(c - '0'));
  return negative ? static_cast<int64_t>(0 - static_cast<uint64_t>(value)) : value;
}

// Reads one reply from the front of what is left.
class ValueReader {
 public:
  ValueReader(lua_State* lua, std::string_view bytes) : lua_(lua), rest_(bytes) {}

  void push(int depth) {
    CHECK(depth < kDepthMax);
    luaL_checkstack(lua_, 6, "too deep a reply");
    const char type = rest_[0];
    const std::string_view line = take_line();
    switch (type) {
      case ':':
        lua_pushnumber(lua_, static_cast<lua_Number>(to_integer(line)));
        return;
      case '+':
        push_wrapped("ok", line);
        return;
      case '-':
        push_command_error(lua_, line);
        return;
      case '$':
        push_bulk(to_integer(line));
        return;
      case '_':
        lua_pushnil(lua_);
        return;
      case '#':
        lua_pushboolean(lua_, line == "t");
        return;
      case ',':
        lua_createtable(lua_, 0, 1);
        lua_pushnumber(lua_, to_double(line));
        lua_setfield(lua_, -2, "double");
        return;
      case '(':
        push_wrapped("big_number", line);
        return;
      case '=':
        push_verbatim(static_cast<size_t>(to_integer(line)));
        return;
      default:
        push_aggregate(type, to_integer(line), depth);
    }
  }

 private:
  std::string_view take_line() {
    const auto* end = static_cast<const char*>(std::memchr(rest_.data(), '\r', rest_.size()));
    CHECK(end != nullptr);
    const std::string_view line(rest_.data() + 1, static_cast<size_t>(end - rest_.data()) - 1);
    rest_.remove_prefix(line.size() + 3);
    return line;
  }

  std::string_view take(size_t bytes) {
    CHECK(rest_.size() >= bytes + 2);
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes + 2);
    return taken;
  }

  static double to_double(std::string_view text) {
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    return parse_double(text).value_or(0);
  }

  void push_wrapped(const char* name, std::string_view text) {
    lua_createtable(lua_, 0, 1);
    lua_pushlstring(lua_, text.data(), text.size());
    lua_setfield(lua_, -2, name);
  }

  void push_bulk(int64_t bytes) {
    if (bytes < 0) {
      lua_pushboolean(lua_, 0);
      return;
    }
    const std::string_view text = take(static_cast<size_t>(bytes));
    lua_pushlstring(lua_, text.data(), text.size());
  }

  // =15\r\ntxt:Some string\r\n
  void push_verbatim(size_t bytes) {
    const std::string_view text = take(bytes);
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, 2);
    lua_pushlstring(lua_, text.data() + 4, text.size() - 4);
    lua_setfield(lua_, -2, "string");
    lua_pushlstring(lua_, text.data(), 3);
    lua_setfield(lua_, -2, "format");
    lua_setfield(lua_, -2, "verbatim_string");
  }

  void push_aggregate(char type, int64_t count, int depth) {
    if (count < 0) {
      lua_pushboolean(lua_, 0);
      return;
    }
    const int n = static_cast<int>(count);
    switch (type) {
      case '*':
      case '>':
        lua_createtable(lua_, n, 0);
        for (int i = 1; i <= n; ++i) {
          push(depth + 1);
          lua_rawseti(lua_, -2, i);
        }
        return;
      case '%':
        lua_createtable(lua_, 0, 1);
        lua_createtable(lua_, 0, n);
        for (int i = 0; i < n; ++i) {
          push(depth + 1);
          push(depth + 1);
          lua_rawset(lua_, -3);
        }
        lua_setfield(lua_, -2, "map");
        return;
      case '~':
        lua_createtable(lua_, 0, 1);
        lua_createtable(lua_, 0, n);
        for (int i = 0; i < n; ++i) {
          push(depth + 1);
          lua_pushboolean(lua_, 1);
          lua_rawset(lua_, -3);
        }
        lua_setfield(lua_, -2, "set");
        return;
      default:
        CHECK(false && "a reply of an unknown type");
    }
  }

  lua_State* const lua_;
  std::string_view rest_;
};

void push_error_table(lua_State* lua, std::string_view code, std::string_view text) {
  lua_createtable(lua, 0, 1);
  lua_pushlstring(lua, code.data(), code.size());
  lua_pushliteral(lua, " ");
  lua_pushlstring(lua, text.data(), text.size());
  lua_concat(lua, 3);
  lua_setfield(lua, -2, "err");
}

}  // namespace

void push_reply_value(lua_State* lua, std::string_view reply) {
  ValueReader(lua, reply).push(0);
}

void push_error(lua_State* lua, std::string_view text) {
  // Line ends at either end are no part of it.
  const auto is_end = [](char c) { return c == '\r' || c == '\n'; };
  while (!text.empty() && is_end(text.back()))
    text.remove_suffix(1);
  while (!text.empty() && is_end(text.front()))
    text.remove_prefix(1);
  if (!text.starts_with('-')) {
    push_error_table(lua, "ERR", text);
    return;
  }
  const size_t space = text.find(' ', 1);
  if (space == text.npos) {
    push_error_table(lua, "ERR", text.substr(1));
  } else {
    push_error_table(lua, text.substr(1, space - 1), text.substr(space + 1));
  }
}

void push_command_error(lua_State* lua, std::string_view text) {
  lua_createtable(lua, 0, 2);
  lua_pushlstring(lua, text.data(), text.size());
  lua_setfield(lua, -2, "err");
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, kErrorIsCounted);
}

}  // namespace rondo
