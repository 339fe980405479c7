#include "server/scripting/script_values.h"

#include <lua.hpp>

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

class ReplyWriter {
 public:
  ReplyWriter(lua_State* lua, Reply& reply, Resp script_resp)
      : lua_(lua), reply_(reply), script_resp_(script_resp) {}

  // Writes the value at the top and takes it off. `error`: not null for the outermost one.
  void write(WrittenError* error) {
    if (!lua_checkstack(lua_, 8)) {
      reply_.error("ERR reached lua stack limit");
      lua_pop(lua_, 1);
      return;
    }
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        reply_.bulk(text(-1));
        break;
      case LUA_TBOOLEAN:
        write_boolean();
        break;
      case LUA_TNUMBER:
        reply_.integer(to_integer(lua_tonumber(lua_, -1)));
        break;
      case LUA_TTABLE:
        write_table(error);
        break;
      default:
        reply_.null();
    }
    lua_pop(lua_, 1);
  }

 private:
  // As the processor converts it: what does not fit is the least integer.
  static int64_t to_integer(double number) {
    if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0)) return INT64_MIN;
    return static_cast<int64_t>(number);
  }

  std::string_view text(int index) const {
    size_t size = 0;
    const char* bytes = lua_tolstring(lua_, index, &size);
    return {bytes, size};
  }

  // Pushes the field of the table at the top; true if it is of the type, else takes it off again.
  bool push_field(const char* name, int type) {
    lua_pushstring(lua_, name);
    lua_rawget(lua_, -2);
    if (lua_type(lua_, -1) == type) return true;
    lua_pop(lua_, 1);
    return false;
  }

  void write_boolean() {
    const bool value = lua_toboolean(lua_, -1) != 0;
    if (script_resp_ == Resp::k3) {
      reply_.boolean(value);
    } else if (value) {
      reply_.integer(1);
    } else {
      reply_.null();
    }
  }

  void write_table(WrittenError* error) {
    if (push_field("err", LUA_TSTRING)) {
      reply_.error(text(-1));
      if (error) note(*error, text(-1));
    } else if (push_field("ok", LUA_TSTRING)) {
      write_status();
    } else if (push_field("double", LUA_TNUMBER)) {
      reply_.real(lua_tonumber(lua_, -1));
    } else if (push_field("map", LUA_TTABLE)) {
      write_pairs(true);
    } else if (push_field("set", LUA_TTABLE)) {
      write_pairs(false);
    } else if (push_field("big_number", LUA_TSTRING)) {
      write_big_number();
    } else if (push_field("verbatim_string", LUA_TTABLE)) {
      if (!write_verbatim()) {
        lua_pop(lua_, 1);
        write_array();
        return;
      }
    } else {
      write_array();
      return;
    }
    lua_pop(lua_, 1);
  }

  // The table is below its text.
  void note(WrittenError& error, std::string_view message) {
    error.written = true;
    const std::string_view code = message.substr(0, message.find(' '));
    error.code_bytes = std::min(code.size(), error.code.size());
    std::copy_n(code.begin(), error.code_bytes, error.code.begin());
    lua_pushstring(lua_, kErrorIsCounted);
    lua_rawget(lua_, -3);
    error.counted = lua_toboolean(lua_, -1) != 0;
    lua_pop(lua_, 1);
  }

  // A line: what would end it is written as blanks.
  void write_status() {
    const std::string_view line = text(-1);
    if (line.find_first_of("\r\n") == line.npos) {
      reply_.simple(line);
      return;
    }
    reply_.out().append("+");
    for (const char c : line)
      reply_.out().append(c == '\r' || c == '\n' ? std::string_view(" ") : std::string_view(&c, 1));
    reply_.out().append("\r\n");
  }

  // The digits may be anything that fits into a line: what would end it becomes blanks.
  void write_big_number() {
    const char* once = luaL_gsub(lua_, lua_tostring(lua_, -1), "\r", " ");
    static_cast<void>(luaL_gsub(lua_, once, "\n", " "));
    reply_.big_number(text(-1));
    lua_pop(lua_, 2);
  }

  // A format of other than three letters makes no verbatim string.
  bool write_verbatim() {
    if (!push_field("format", LUA_TSTRING)) return false;
    lua_insert(lua_, -2);
    if (!push_field("string", LUA_TSTRING)) {
      lua_remove(lua_, -2);
      return false;
    }
    const std::string_view format = text(-3);
    char three[3] = {' ', ' ', ' '};
    std::memcpy(three, format.data(), std::min(format.size(), sizeof(three)));
    reply_.verbatim({three, sizeof(three)}, text(-1));
    lua_pop(lua_, 1);
    lua_remove(lua_, -2);
    return true;
  }

  // The table at the top: its keys with their values, or alone.
  void write_pairs(bool values) {
    size_t count = 0;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      ++count;
      lua_pop(lua_, 1);
    }
    values ? reply_.map(count) : reply_.set(count);
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      lua_pushvalue(lua_, -2);
      write(nullptr);
      if (values) {
        write(nullptr);
      } else {
        lua_pop(lua_, 1);
      }
    }
  }

  void write_array() {
    int count = 0;
    for (;; ++count) {
      lua_rawgeti(lua_, -1, count + 1);
      const bool over = lua_isnil(lua_, -1);
      lua_pop(lua_, 1);
      if (over) break;
    }
    reply_.array(static_cast<size_t>(count));
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(lua_, -1, i);
      write(nullptr);
    }
  }

  lua_State* const lua_;
  Reply& reply_;
  const Resp script_resp_;
};

}  // namespace

void write_reply(lua_State* lua, Reply& reply, Resp script_resp, WrittenError& error) {
  error = WrittenError();
  ReplyWriter(lua, reply, script_resp).write(&error);
}

}  // namespace rondo
