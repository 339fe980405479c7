#include "server/scripting/struct_library.h"

#include <lua.hpp>

#include <algorithm>
#include <bit>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rondo {

namespace {

constexpr size_t kIntegerBytesMax = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// One item of a format: its letter, how many bytes it takes, and the padding in front of it.
struct Item {
  char option = 0;
  size_t size = 0;
  size_t padding = 0;
};

// Walks a format. Raises an error for what is none.
class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  bool big_endian() const { return big_endian_; }

  // The next item that stands for bytes; false: the format is over. `position`: bytes so far.
  bool next(size_t position, Item& item) {
    while (*at_ != 0) {
      item.option = *at_++;
      item.size = size_of(item.option);
      if (is_control(item.option)) continue;
      const size_t align = std::min(item.size, align_);
      const bool aligned = item.size != 0 && item.option != 'c' && align > 1;
      item.padding = aligned ? (align - (position & (align - 1))) & (align - 1) : 0;
      return true;
    }
    return false;
  }

 private:
  size_t number(size_t otherwise) {
    if (!is_digit(*at_)) return otherwise;
    size_t value = 0;
    for (; is_digit(*at_); ++at_) {
      if (value > (INT_MAX - 9) / 10) luaL_error(lua_, "integral size overflow");
      value = 10 * value + static_cast<size_t>(*at_ - '0');
    }
    return value;
  }

  size_t size_of(char option) {
    switch (option) {
      case 'b':
      case 'B':
      case 'x':
        return 1;
      case 'h':
      case 'H':
        return sizeof(short);
      case 'l':
      case 'L':
        return sizeof(long);
      case 'T':
        return sizeof(size_t);
      case 'f':
        return sizeof(float);
      case 'd':
        return sizeof(double);
      case 'c':
        return number(1);
      case 'i':
      case 'I': {
        const size_t size = number(sizeof(int));
        if (size > kIntegerBytesMax) {
          luaL_error(lua_, "integral size %d is larger than limit of %d", static_cast<int>(size),
                     static_cast<int>(kIntegerBytesMax));
        }
        return size;
      }
      default:
        return 0;
    }
  }

  // Options that say how others are meant.
  bool is_control(char option) {
    switch (option) {
      case ' ':
        return true;
      case '>':
        big_endian_ = true;
        return true;
      case '<':
        big_endian_ = false;
        return true;
      case '!': {
        const size_t align = number(alignof(std::max_align_t));
        if (align == 0 || !std::has_single_bit(align)) {
          luaL_error(lua_, "alignment %d is not a power of 2", static_cast<int>(align));
        }
        align_ = align;
        return true;
      }
      case 's':
        return false;
      default:
        if (size_of_is_known(option)) return false;
        luaL_argerror(lua_, 1, lua_pushfstring(lua_, "invalid format option '%c'", option));
        return true;
    }
  }
  static bool size_of_is_known(char option) { return std::strchr("bBxhHlLTfdciI", option); }

  lua_State* const lua_;
  const char* at_;
  bool big_endian_ = std::endian::native == std::endian::big;
  size_t align_ = 1;
};

// --- Packing -----------------------------------------------------------------------------------

void put_integer(lua_State* lua, luaL_Buffer& out, int argument, bool big_endian, size_t size) {
  const lua_Number number = luaL_checknumber(lua, argument);
  // As the processor converts it: what does not fit is something, but never undefined.
  uint64_t value = 0;
  if (number >= -9223372036854775808.0 && number < 9223372036854775808.0) {
    value = static_cast<uint64_t>(static_cast<int64_t>(number));
  } else if (number > 0 && number < 18446744073709551616.0) {
    value = static_cast<uint64_t>(number);
  } else {
    value = uint64_t{1} << 63;
  }
  char bytes[kIntegerBytesMax];
  for (size_t i = 0; i < size; ++i) {
    bytes[big_endian ? size - 1 - i : i] = static_cast<char>(value);
    value >>= 8;
  }
  luaL_addlstring(&out, bytes, size);
}

template <class Number>
void put_real(lua_State* lua, luaL_Buffer& out, int argument, bool big_endian) {
  const auto number = static_cast<Number>(luaL_checknumber(lua, argument));
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  if (big_endian) std::reverse(bytes, bytes + sizeof(number));
  luaL_addlstring(&out, bytes, sizeof(number));
}

// The bytes written.
size_t put_string(lua_State* lua, luaL_Buffer& out, int argument, const Item& item) {
  size_t length = 0;
  const char* text = luaL_checklstring(lua, argument, &length);
  const size_t size = item.size == 0 ? length : item.size;
  // Named as the place behind it, as Redis does.
  luaL_argcheck(lua, length >= size, argument + 1, "string too short");
  luaL_addlstring(&out, text, size);
  if (item.option != 's') return size;
  luaL_addchar(&out, '\0');
  return size + 1;
}

int struct_pack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  int argument = 2;
  size_t position = 0;
  luaL_Buffer out;
  lua_pushnil(lua);  // So that a missing argument is not a part of the buffer.
  luaL_buffinit(lua, &out);
  Item item;
  while (format.next(position, item)) {
    for (size_t i = 0; i < item.padding; ++i)
      luaL_addchar(&out, '\0');
    position += item.padding;
    switch (item.option) {
      case 'x':
        luaL_addchar(&out, '\0');
        break;
      case 'f':
        put_real<float>(lua, out, argument++, format.big_endian());
        break;
      case 'd':
        put_real<double>(lua, out, argument++, format.big_endian());
        break;
      case 'c':
      case 's':
        item.size = put_string(lua, out, argument++, item);
        break;
      default:
        put_integer(lua, out, argument++, format.big_endian(), item.size);
    }
    position += item.size;
  }
  luaL_pushresult(&out);
  return 1;
}

// --- Unpacking ---------------------------------------------------------------------------------

void push_integer(lua_State* lua, const char* bytes, const Item& item, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < item.size; ++i) {
    const char byte = bytes[big_endian ? i : item.size - 1 - i];
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  const bool is_signed = item.option >= 'a';
  if (!is_signed) return lua_pushnumber(lua, static_cast<lua_Number>(value));
  if (item.size != 0 && item.size < 8) {
    const uint64_t high = ~uint64_t{0} << (8 * item.size - 1);
    if ((value & high) != 0) value |= high;
  }
  lua_pushnumber(lua, static_cast<lua_Number>(static_cast<int64_t>(value)));
}

template <class Number>
void push_real(lua_State* lua, const char* data, bool big_endian) {
  char bytes[sizeof(Number)];
  std::memcpy(bytes, data, sizeof(bytes));
  if (big_endian) std::reverse(bytes, bytes + sizeof(bytes));
  Number number;
  std::memcpy(&number, bytes, sizeof(number));
  lua_pushnumber(lua, static_cast<lua_Number>(number));
}

int struct_unpack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  size_t length = 0;
  const char* data = luaL_checklstring(lua, 2, &length);
  const lua_Integer first = luaL_optinteger(lua, 3, 1);
  luaL_argcheck(lua, first > 0, 3, "offset must be 1 or greater");
  auto position = static_cast<size_t>(first - 1);
  lua_settop(lua, 2);
  const auto check_room = [&](size_t size) {
    luaL_argcheck(lua, size <= length && position <= length - size, 2, "data string too short");
  };
  Item item;
  while (format.next(position, item)) {
    position += item.padding;
    check_room(item.size);
    luaL_checkstack(lua, 2, "too many results");
    const char* at = data + position;
    switch (item.option) {
      case 'x':
        break;
      case 'f':
        push_real<float>(lua, at, format.big_endian());
        break;
      case 'd':
        push_real<double>(lua, at, format.big_endian());
        break;
      case 'c':
        if (item.size == 0) {
          if (lua_gettop(lua) == 2 || !lua_isnumber(lua, -1)) {
            return luaL_error(lua, "format 'c0' needs a previous size");
          }
          const lua_Number size = lua_tonumber(lua, -1);
          luaL_argcheck(lua, size >= 0 && size <= static_cast<lua_Number>(length), 2,
                        "data string too short");
          item.size = static_cast<size_t>(size);
          lua_pop(lua, 1);
          check_room(item.size);
        }
        lua_pushlstring(lua, at, item.size);
        break;
      case 's': {
        const void* end = std::memchr(at, 0, length - position);
        if (end == nullptr) return luaL_error(lua, "unfinished string in data");
        item.size = static_cast<size_t>(static_cast<const char*>(end) - at) + 1;
        lua_pushlstring(lua, at, item.size - 1);
        break;
      }
      default:
        push_integer(lua, at, item, format.big_endian());
    }
    position += item.size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(position + 1));
  return lua_gettop(lua) - 2;
}

int struct_size(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  size_t position = 0;
  Item item;
  while (format.next(position, item)) {
    if (item.option == 's') return luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (item.option == 'c' && item.size == 0) {
      return luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    }
    position += item.padding + item.size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(position));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", struct_pack},
    {"unpack", struct_unpack},
    {"size", struct_size},
};

}  // namespace

void push_struct_library(lua_State* lua) {
  lua_newtable(lua);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
}

}  // namespace rondo
