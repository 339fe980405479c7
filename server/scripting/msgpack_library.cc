#include "server/scripting/msgpack_library.h"

#include <lua.hpp>

#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rondo {

namespace {

constexpr int kNestingMax = 16;

// --- Packing -----------------------------------------------------------------------------------

// Bytes go into a buffer of Lua's, which may hold values on the stack: so what is packed is always
// at an absolute index below.
class Packer {
 public:
  explicit Packer(lua_State* lua) : lua_(lua) { reset(); }

  // Packs the value at `index`.
  void pack(int index, int level) {
    int type = lua_type(lua_, index);
    if (type == LUA_TTABLE && level == kNestingMax) type = LUA_TNIL;
    switch (type) {
      case LUA_TSTRING:
        pack_string(index);
        return;
      case LUA_TBOOLEAN:
        put(lua_toboolean(lua_, index) ? 0xc3 : 0xc2);
        return;
      case LUA_TNUMBER:
        pack_number(lua_tonumber(lua_, index));
        return;
      case LUA_TTABLE:
        pack_table(index, level);
        return;
      default:
        put(0xc0);
    }
  }

  void reset() {
    bytes_ = static_cast<char*>(lua_newuserdata(lua_, kFirstBytes));
    home_ = lua_gettop(lua_);
    capacity_ = kFirstBytes;
    size_ = 0;
  }
  void push_result() { lua_pushlstring(lua_, bytes_, size_); }

 private:
  static constexpr size_t kFirstBytes = 256;

  // The bytes are a userdata at index home_, so that Lua frees them whatever happens.
  char* grow(size_t count) {
    if (capacity_ - size_ < count) {
      size_t capacity = 2 * capacity_;
      while (capacity - size_ < count)
        capacity *= 2;
      auto* moved = static_cast<char*>(lua_newuserdata(lua_, capacity));
      std::memcpy(moved, bytes_, size_);
      lua_replace(lua_, home_);
      bytes_ = moved;
      capacity_ = capacity;
    }
    char* at = bytes_ + size_;
    size_ += count;
    return at;
  }

  void put(int byte) { *grow(1) = static_cast<char>(byte); }
  // The type's byte and `count` bytes of the number, the highest first.
  void put_number(int type, uint64_t number, size_t count) {
    char* at = grow(1 + count);
    *at++ = static_cast<char>(type);
    for (size_t i = count; i-- > 0;)
      *at++ = static_cast<char>(number >> (8 * i));
  }

  void pack_string(int index) {
    size_t size = 0;
    const char* text = lua_tolstring(lua_, index, &size);
    if (size < 32) {
      put(0xa0 | static_cast<int>(size));
    } else if (size <= 0xff) {
      put_number(0xd9, size, 1);
    } else if (size <= 0xffff) {
      put_number(0xda, size, 2);
    } else {
      put_number(0xdb, size, 4);
    }
    if (size != 0) std::memcpy(grow(size), text, size);
  }

  void pack_number(double number) {
    const bool fits = number >= -9223372036854775808.0 && number < 9223372036854775808.0;
    if (fits && static_cast<double>(static_cast<int64_t>(number)) == number) {
      pack_integer(static_cast<int64_t>(number));
      return;
    }
    const auto single = static_cast<float>(number);
    if (static_cast<double>(single) == number) {
      uint32_t bits;
      std::memcpy(&bits, &single, sizeof(bits));
      put_number(0xca, bits, 4);
    } else {
      uint64_t bits;
      std::memcpy(&bits, &number, sizeof(bits));
      put_number(0xcb, bits, 8);
    }
  }

  void pack_integer(int64_t number) {
    const auto bits = static_cast<uint64_t>(number);
    if (number >= -32 && number <= 127) return put(static_cast<int>(bits & 0xff));
    if (number >= 0) {
      if (bits <= 0xff) return put_number(0xcc, bits, 1);
      if (bits <= 0xffff) return put_number(0xcd, bits, 2);
      if (bits <= 0xffffffff) return put_number(0xce, bits, 4);
      return put_number(0xcf, bits, 8);
    }
    if (number >= INT8_MIN) return put_number(0xd0, bits, 1);
    if (number >= INT16_MIN) return put_number(0xd1, bits, 2);
    if (number >= INT32_MIN) return put_number(0xd2, bits, 4);
    put_number(0xd3, bits, 8);
  }

  // Its keys are 1 to count.
  bool is_array(int index, size_t& count) {
    count = 0;
    double max = 0;
    bool numbers = true;
    lua_pushnil(lua_);
    while (lua_next(lua_, index) != 0) {
      lua_pop(lua_, 1);
      ++count;
      const double key = lua_type(lua_, -1) == LUA_TNUMBER ? lua_tonumber(lua_, -1) : 0;
      numbers = numbers && key > 0 && key == std::floor(key);
      max = std::fmax(max, key);
    }
    return numbers && max == static_cast<double>(count);
  }

  void put_header(size_t count, int small, int medium) {
    if (count <= 15) {
      put(small | static_cast<int>(count));
    } else if (count <= 0xffff) {
      put_number(medium, count, 2);
    } else {
      put_number(medium + 1, count, 4);
    }
  }

  void pack_table(int index, int level) {
    luaL_checkstack(lua_, 6, "in function pack");
    size_t count = 0;
    if (is_array(index, count)) {
      put_header(count, 0x90, 0xdc);
      for (size_t i = 1; i <= count; ++i) {
        lua_rawgeti(lua_, index, static_cast<int>(i));
        pack(lua_gettop(lua_), level + 1);
        lua_pop(lua_, 1);
      }
      return;
    }
    put_header(count, 0x80, 0xde);
    lua_pushnil(lua_);
    while (lua_next(lua_, index) != 0) {
      const int value = lua_gettop(lua_);
      pack(value - 1, level + 1);
      pack(value, level + 1);
      lua_pop(lua_, 1);
    }
  }

  lua_State* const lua_;
  char* bytes_ = nullptr;
  int home_ = 0;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

int msgpack_pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  luaL_checkstack(lua, 8, "Too many arguments for MessagePack pack.");
  Packer packer(lua);
  for (int i = 1; i <= count; ++i)
    packer.pack(i, 0);
  packer.push_result();
  return 1;
}

// --- Unpacking ---------------------------------------------------------------------------------

class Unpacker {
 public:
  Unpacker(lua_State* lua, std::string_view bytes) : lua_(lua), rest_(bytes) {}

  size_t left() const { return rest_.size(); }

  // Pushes the next value; raises an error for what makes no sense.
  void unpack() {
    luaL_checkstack(lua_, 4, "in function unpack");
    const auto type = static_cast<uint8_t>(take(1)[0]);
    if (type <= 0x7f) return lua_pushnumber(lua_, type);
    if (type >= 0xe0) return lua_pushnumber(lua_, static_cast<int8_t>(type));
    if (type <= 0x8f) return unpack_map(type & 0x0f);
    if (type <= 0x9f) return unpack_array(type & 0x0f);
    if (type <= 0xbf) return unpack_string(type & 0x1f);
    unpack_typed(type);
  }

 private:
  std::string_view take(uint64_t count) {
    if (rest_.size() < count) luaL_error(lua_, "Missing bytes in input.");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  uint64_t take_number(size_t count) {
    uint64_t number = 0;
    for (const char byte : take(count))
      number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }
  template <class Number, class Bits>
  void push_bits(Bits bits) {
    Number number;
    static_assert(sizeof(number) == sizeof(bits));
    std::memcpy(&number, &bits, sizeof(number));
    lua_pushnumber(lua_, static_cast<lua_Number>(number));
  }

  void unpack_string(uint64_t size) {
    const std::string_view text = take(size);
    lua_pushlstring(lua_, text.data(), text.size());
  }

  // Counts may promise more than there is.
  void unpack_array(uint64_t count) {
    lua_newtable(lua_);
    for (uint64_t i = 1; i <= count; ++i) {
      lua_pushnumber(lua_, static_cast<lua_Number>(i));
      unpack();
      lua_rawset(lua_, -3);
    }
  }
  void unpack_map(uint64_t count) {
    lua_newtable(lua_);
    for (uint64_t i = 0; i < count; ++i) {
      unpack();
      unpack();
      const bool is_key = !lua_isnil(lua_, -2) && !(lua_type(lua_, -2) == LUA_TNUMBER &&
                                                    std::isnan(lua_tonumber(lua_, -2)));
      if (!is_key) luaL_error(lua_, "Bad data format in input.");
      lua_rawset(lua_, -3);
    }
  }

  void unpack_typed(uint8_t type) {
    switch (type) {
      case 0xc0:
        return lua_pushnil(lua_);
      case 0xc2:
      case 0xc3:
        return lua_pushboolean(lua_, type == 0xc3);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return unpack_string(take_number(size_t{1} << (type - 0xc4)));
      case 0xca:
        return push_bits<float>(static_cast<uint32_t>(take_number(4)));
      case 0xcb:
        return push_bits<double>(take_number(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return lua_pushnumber(lua_,
                              static_cast<lua_Number>(take_number(size_t{1} << (type - 0xcc))));
      case 0xd0:
        return lua_pushnumber(lua_, static_cast<int8_t>(take_number(1)));
      case 0xd1:
        return lua_pushnumber(lua_, static_cast<int16_t>(take_number(2)));
      case 0xd2:
        return lua_pushnumber(lua_, static_cast<int32_t>(take_number(4)));
      case 0xd3:
        return push_bits<int64_t>(take_number(8));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return unpack_string(take_number(size_t{1} << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return unpack_array(take_number(type == 0xdc ? 2 : 4));
      case 0xde:
      case 0xdf:
        return unpack_map(take_number(type == 0xde ? 2 : 4));
      default:
        luaL_error(lua_, "Bad data format in input.");
    }
  }

  lua_State* const lua_;
  std::string_view rest_;
};

// The string at index 1 from `offset` on, at most `limit` values; negative: all there are, without
// the place behind them.
int unpack_values(lua_State* lua, int limit, int offset) {
  size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const bool all = limit < 0;
  lua_settop(lua, 1);
  if (offset < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                      static_cast<int>(size));
  }
  if (static_cast<size_t>(offset) > size) {
    return luaL_error(lua, "Start offset %d greater than input length %d.", offset,
                      static_cast<int>(size));
  }
  if (all) limit = INT_MAX;
  Unpacker unpacker(lua, std::string_view(text, size).substr(static_cast<size_t>(offset)));
  int count = 0;
  for (; unpacker.left() != 0 && count < limit; ++count)
    unpacker.unpack();
  if (all) return count;
  const size_t at = size - unpacker.left();
  lua_pushnumber(lua, unpacker.left() == 0 ? -1 : static_cast<lua_Number>(at));
  lua_insert(lua, 2);
  return count + 1;
}

int msgpack_unpack(lua_State* lua) {
  return unpack_values(lua, -1, 0);
}

int msgpack_unpack_one(lua_State* lua) {
  return unpack_values(lua, 1, luaL_optint(lua, 2, 0));
}

int msgpack_unpack_limit(lua_State* lua) {
  const int limit = luaL_checkint(lua, 2);
  const int offset = luaL_optint(lua, 3, 0);
  if (limit < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                      static_cast<int>(lua_objlen(lua, 1)));
  }
  return unpack_values(lua, limit, offset);
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", msgpack_pack},
    {"unpack", msgpack_unpack},
    {"unpack_one", msgpack_unpack_one},
    {"unpack_limit", msgpack_unpack_limit},
};

}  // namespace

void push_msgpack_library(lua_State* lua) {
  lua_newtable(lua);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
  lua_pushliteral(lua, "cmsgpack");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "lua-cmsgpack 0.4.0");
  lua_setfield(lua, -2, "_VERSION");
  lua_pushliteral(lua, "MessagePack C implementation for Lua");
  lua_setfield(lua, -2, "_DESCRIPTION");
}

}  // namespace rondo
