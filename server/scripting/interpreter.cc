#include "server/scripting/interpreter.h"

#include <lua.hpp>

#include <cstdlib>
#include <cstring>

#include "reactor/base/check.h"
#include "server/scripting/script_values.h"

namespace rondo {

namespace {

constexpr const char* kChunkName = "@user_script";
// What garbage collection may do at once, in kilobytes.
constexpr int kCollectStep = 50;

int panic(lua_State*) {
  CHECK(false && "an error of Lua outside of any protected call");
  return 0;
}

struct LoadedText {
  std::string_view rest;
};

// Line ends and all, in one piece.
const char* read_text(lua_State*, void* data, size_t* bytes) {
  auto& text = *static_cast<LoadedText*>(data);
  *bytes = text.rest.size();
  const char* at = text.rest.data();
  text.rest = {};
  return *bytes == 0 ? nullptr : at;
}

void push_list(lua_State* lua, Args words) {
  lua_createtable(lua, static_cast<int>(words.size()), 0);
  for (size_t i = 0; i < words.size(); ++i) {
    lua_pushlstring(lua, words[i].data(), words[i].size());
    lua_rawseti(lua, -2, static_cast<int>(i + 1));
  }
}

}  // namespace

// --- The state ---------------------------------------------------------------------------------

void* Interpreter::allocate(void* interpreter, void* block, size_t old_bytes, size_t bytes) {
  auto& self = *static_cast<Interpreter*>(interpreter);
  if (bytes == 0) {
    self.memory_bytes_ -= old_bytes;
    std::free(block);
    return nullptr;
  }
  // Lua relies on shrinking never failing.
  if (bytes > old_bytes && self.memory_bytes_ + (bytes - old_bytes) > self.memory_max_)
    return nullptr;
  void* moved = std::realloc(block, bytes);
  if (moved == nullptr) return nullptr;
  self.memory_bytes_ += bytes - old_bytes;
  return moved;
}

Interpreter::Interpreter(ScriptHost& host, uint64_t seed) : host_(host), random_state_(0) {
  seed_random(static_cast<uint32_t>(seed));
  lua_ = lua_newstate(allocate, this);
  CHECK(lua_ != nullptr);
  lua_atpanic(lua_, panic);
  CHECK(lua_cpcall(lua_, set_up, this) == 0);
  CHECK(lua_gettop(lua_) == 0);
}

Interpreter::~Interpreter() {
  lua_close(lua_);
  CHECK(memory_bytes_ == 0);
}

Interpreter& Interpreter::of(lua_State* lua) {
  void* interpreter = nullptr;
  static_cast<void>(lua_getallocf(lua, &interpreter));
  return *static_cast<Interpreter*>(interpreter);
}

int Interpreter::set_up(lua_State* lua) {
  auto& self = *static_cast<Interpreter*>(lua_touserdata(lua, 1));
  open_sandbox(lua, self);
  // The runner has the error handler and the real globals with it.
  const int globals = lua_gettop(lua);
  lua_pushcfunction(lua, on_error);
  lua_pushvalue(lua, globals);
  lua_pushcclosure(lua, run_protected, 2);
  self.runner_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  self.loader_ = lua_newthread(lua);
  static_cast<void>(luaL_ref(lua, LUA_REGISTRYINDEX));
  // Coroutines inherit it.
  lua_sethook(lua, on_count, LUA_MASKCOUNT, kProgressInstructions);
  lua_sethook(self.lua_, on_count, LUA_MASKCOUNT, kProgressInstructions);
  return 0;
}

// --- Compiling ---------------------------------------------------------------------------------

Error Interpreter::compile(std::string_view code, int& function) {
  lua_State* lua = loader_;
  Chunk chunk{code, 0};
  const auto load = [](lua_State* state) {
    auto& wanted = *static_cast<Chunk*>(lua_touserdata(state, 1));
    LoadedText text{wanted.code};
    // What looks like bytecode is read as the text that it is not.
    if (!wanted.code.empty() && wanted.code[0] == LUA_SIGNATURE[0]) {
      lua_pushliteral(state, "user_script:1: unexpected symbol near 'char(27)'");
      return lua_error(state);
    }
    if (lua_load(state, read_text, &text, kChunkName) != 0) return lua_error(state);
    wanted.function = luaL_ref(state, LUA_REGISTRYINDEX);
    return 0;
  };
  if (lua_cpcall(lua, load, &chunk) == 0) {
    function = chunk.function;
    return {};
  }
  size_t size = 0;
  const char* text = lua_tolstring(lua, -1, &size);
  std::string message = "ERR Error compiling script (new function): ";
  message.append(text ? std::string_view(text, size) : "unknown error");
  lua_settop(lua, 0);
  return Error(std::move(message));
}

void Interpreter::forget(int function) {
  luaL_unref(lua_, LUA_REGISTRYINDEX, function);
}

// --- Running -----------------------------------------------------------------------------------

void Interpreter::run(int function, Args keys, Args arguments, Reply* const& reply,
                      Result& result) {
  CHECK(lua_gettop(lua_) == 0);
  stop_text_ = nullptr;
  lua_sethook(lua_, on_count, LUA_MASKCOUNT, kProgressInstructions);
  job_ = Job{function, keys, arguments, &reply, &result};
  result = Result();
  begin_ = kNotBegun;
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, runner_);
  if (lua_pcall(lua_, 0, 0, 0) != 0) {
    // The runner itself ran out of memory, maybe in the middle of the reply.
    if (begin_ != kNotBegun) reply->out().truncate(begin_);
    size_t size = 0;
    const char* text = lua_tolstring(lua_, -1, &size);
    result.failed = true;
    result.raised = "ERR ";
    result.raised.append(text ? std::string_view(text, size) : "unknown error");
  }
  lua_settop(lua_, 0);
  job_ = Job();
}

// On the stack of the runner: upvalue 1 is the error handler, 2 the real globals.
int Interpreter::run_protected(lua_State* lua) {
  Interpreter& self = of(lua);
  const Job& job = self.job_;
  lua_pushliteral(lua, "KEYS");
  push_list(lua, job.keys);
  lua_rawset(lua, lua_upvalueindex(2));
  lua_pushliteral(lua, "ARGV");
  push_list(lua, job.arguments);
  lua_rawset(lua, lua_upvalueindex(2));
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_rawgeti(lua, LUA_REGISTRYINDEX, job.function);
  if (lua_pcall(lua, 0, 1, 1) != 0) {
    take_error(lua, *job.result);
    return 0;
  }
  Reply& reply = **job.reply;
  self.begin_ = reply.out().size();
  WrittenError error;
  write_reply(lua, reply, self.host_.resp(), error);
  job.result->failed = error.written;
  job.result->counted = error.counted;
  job.result->code.assign(error.code.data(), error.code_bytes);
  return 0;
}

// Called where the error is raised: makes a table of it, which says where that was.
int Interpreter::on_error(lua_State* lua) {
  lua_Debug at{};
  bool known = lua_getstack(lua, 1, &at) != 0 && lua_getinfo(lua, "Sl", &at) != 0;
  if (known && std::strcmp(at.what, "C") == 0) {
    known = lua_getstack(lua, 2, &at) != 0 && lua_getinfo(lua, "Sl", &at) != 0;
  }
  lua_settop(lua, 1);
  if (!lua_istable(lua, 1)) {
    lua_newtable(lua);
    lua_pushliteral(lua, "ERR ");
    if (lua_isstring(lua, 1)) {
      lua_pushvalue(lua, 1);
    } else {
      lua_pushstring(lua, lua_isnil(lua, 1)        ? "nil"
                          : !lua_isboolean(lua, 1) ? luaL_typename(lua, 1)
                          : lua_toboolean(lua, 1)  ? "true"
                                                   : "false");
    }
    lua_concat(lua, 2);
    lua_setfield(lua, 2, "err");
  }
  const Interpreter& self = of(lua);
  if (known && !self.is_protected(lua, -1)) {
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, at.source);
    lua_rawset(lua, -3);
    lua_pushliteral(lua, "line");
    lua_pushinteger(lua, at.currentline);
    lua_rawset(lua, -3);
  }
  return 1;
}

// Takes the error at the top of the stack apart.
void Interpreter::take_error(lua_State* lua, Result& result) {
  result.failed = true;
  const auto field = [lua](const char* name) {
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    size_t size = 0;
    const char* text = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &size) : nullptr;
    return std::string_view(text, size);
  };
  if (!lua_istable(lua, -1)) {
    size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    result.raised = "ERR ";
    result.raised.append(text ? std::string_view(text, size) : "unknown error");
    return;
  }
  result.raised = field("err");
  lua_pop(lua, 1);
  if (result.raised.empty()) result.raised = "ERR unknown error";
  result.source = field("source");
  lua_pop(lua, 1);
  lua_pushliteral(lua, "line");
  lua_rawget(lua, -2);
  result.line = static_cast<int>(lua_tointeger(lua, -1));
  lua_pop(lua, 1);
  lua_pushstring(lua, kErrorIsCounted);
  lua_rawget(lua, -2);
  result.counted = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
}

void Interpreter::on_count(lua_State* lua, lua_Debug*) {
  Interpreter& self = of(lua);
  self.host_.on_progress();
  if (!self.stopping()) return;
  // From now on after each instruction, wherever the error may be caught.
  lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
  lua_sethook(self.lua_, on_count, LUA_MASKCOUNT, 1);
  self.check_stop(lua);
}

void Interpreter::stop(const char* text) {
  if (stop_text_ == nullptr) stop_text_ = text;
}

void Interpreter::check_stop(lua_State* lua) {
  if (stop_text_ == nullptr) return;
  lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
  lua_sethook(lua_, on_count, LUA_MASKCOUNT, 1);
  // A table, which keeps its text.
  lua_createtable(lua, 0, 1);
  lua_pushstring(lua, stop_text_);
  lua_setfield(lua, -2, "err");
  lua_error(lua);
}

void Interpreter::collect_some() {
  lua_gc(lua_, LUA_GCSTEP, kCollectStep);
}

// --- Random numbers, as drand48() of POSIX makes them ------------------------------------------

uint32_t Interpreter::next_random() {
  constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  random_state_ = (random_state_ * 0x5deece66d + 0xb) & kMask;
  return static_cast<uint32_t>(random_state_ >> 17);
}

void Interpreter::seed_random(uint32_t seed) {
  random_state_ = uint64_t{seed} << 16 | 0x330e;
}

// --- Tables of the sandbox ---------------------------------------------------------------------

bool Interpreter::is_protected(lua_State* lua, int index) const {
  const void* table = lua_topointer(lua, index);
  for (const Protected& known : protected_) {
    if (known.table == table) return true;
  }
  return false;
}

void Interpreter::push_real(lua_State* lua, int index) const {
  const void* table = lua_topointer(lua, index);
  for (const Protected& known : protected_) {
    if (known.table == table) {
      lua_rawgeti(lua, LUA_REGISTRYINDEX, known.real);
      return;
    }
  }
  lua_pushvalue(lua, index);
}

namespace {

int refuse_change(lua_State* lua) {
  return luaL_error(lua, "Attempt to modify a readonly table");
}

}  // namespace

void Interpreter::protect(lua_State* lua) {
  const int real = lua_gettop(lua);
  lua_newtable(lua);
  lua_createtable(lua, 0, 2);
  lua_pushvalue(lua, real);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_change);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  const void* table = lua_topointer(lua, -1);
  lua_pushvalue(lua, real);
  const int reference = luaL_ref(lua, LUA_REGISTRYINDEX);
  // Never collected: it is reached by its address.
  lua_pushvalue(lua, -1);
  static_cast<void>(luaL_ref(lua, LUA_REGISTRYINDEX));
  protected_.push_back({table, reference});
  lua_replace(lua, real);
}

}  // namespace rondo
