// What becomes of values between a script and the server: replies of commands as Lua values, and
// what a script returns as a reply. As Redis converts them; metamethods are not asked. On the
// interpreter's thread, in a protected call: both may raise Lua's errors.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "protocol/reply.h"

struct lua_State;

namespace rondo {

// A field of error tables: the error is a command's, which is counted already.
inline constexpr const char* kErrorIsCounted = "ignore_error_stats_update";

// Pushes the value of one whole reply. An error becomes a table with `err`, without a position.
void push_reply_value(lua_State* lua, std::string_view reply);

// Pushes the table for an error: "-CODE text", or a text without a code, which gets "ERR".
void push_error(lua_State* lua, std::string_view text);
// The same for an error that a command has returned, "CODE text".
void push_command_error(lua_State* lua, std::string_view text);

// What was written is an error: the value itself, not one of its elements.
struct WrittenError {
  bool written = false;
  bool counted = false;            // As in kErrorIsCounted.
  std::array<char, 32> code = {};  // Its first word, which may have been longer.
  size_t code_bytes = 0;
};

// Writes the value at the top of the stack and takes it off. `script_resp` is the protocol that the
// script has chosen.
void write_reply(lua_State* lua, Reply& reply, Resp script_resp, WrittenError& error);

}  // namespace rondo
