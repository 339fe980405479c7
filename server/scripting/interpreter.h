// Interpreter: Lua 5.1 for the scripts of one core, with the functions that Redis gives them. It
// knows no shard and no session: what a script asks for goes to a ScriptHost. Owned by a core and
// touched only by its thread; made when the first script comes.
//
//   globals of a script   an empty table that no script can change
//     __index ->          the real globals: string, math, redis, KEYS, ... libraries are such empty
//     __newindex ->       an error          tables too, so that nothing a script does outlives it
//
// Lua as Debian has it knows no read-only tables. So what would reach around a metatable (rawset,
// next, table.insert, ...) is replaced by functions that know the tables of the sandbox; see
// server/scripting/sandbox.cc. Bytecode is never loaded.
//
// Errors of Lua are jumps: no frame between lua_pcall() and what raises may own anything. Memory of
// all scripts together is counted and has a limit, which is an error of the script that meets it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/args.h"
#include "protocol/error.h"
#include "protocol/reply.h"
#include "server/scripting/script_host.h"

struct lua_Debug;
struct lua_State;

namespace rondo {

class Interpreter {
 public:
  // More than any sane script needs, and less than what would endanger the data. Besides, cjson
  // computes six times the length of a string in 32 bits, which have to suffice.
  static constexpr size_t kMemoryMax = size_t{320} << 20;
  // The host hears of progress each time so many instructions were executed.
  static constexpr int kProgressInstructions = 5000;

  // The stack that run() needs. Lua calls C for at most 200 levels, some of which have buffers of 8
  // KiB; besides, patterns and replies recurse. Pages that are not touched cost nothing.
  static constexpr size_t kStackBytes = size_t{16} << 20;

  explicit Interpreter(ScriptHost& host, uint64_t seed = 0);
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter();

  // Compiles a script; on success `function` is its number.
  Error compile(std::string_view code, int& function);
  // Forgets a compiled script.
  void forget(int function);

  // What a run came to.
  struct Result {
    bool failed = false;   // An error was raised, or returned.
    bool counted = false;  // It is that of a command, which has been counted.
    std::string raised;    // Not empty: it was raised; nothing was written to the reply.
    std::string source;    // Where, if that is known,
    int line = 0;          // and at which line.
    std::string code;      // Of an error that was returned.
  };
  // Runs a compiled script, and writes what it returns to `*reply`: to what it points to then,
  // since a script that was suspended may have got another one.
  // REQUIRES: a stack of kStackBytes.
  void run(int function, Args keys, Args arguments, Reply* const& reply, Result& result);
  // The running script is to end with this error, which it can not catch. It takes effect when it
  // next executes an instruction or calls a command. Static text.
  void stop(const char* text);
  bool stopping() const { return stop_text_ != nullptr; }

  size_t memory_bytes() const { return memory_bytes_; }
  void set_memory_max(size_t bytes) { memory_max_ = bytes; }
  // After a run: gives back a bounded part of what the scripts have left.
  void collect_some();
  // The state of math.random(), to begin again where a run began.
  uint64_t random_state() const { return random_state_; }
  void set_random_state(uint64_t state) { random_state_ = state; }

  // For the functions that scripts call.
  static Interpreter& of(lua_State* lua);
  ScriptHost& host() { return host_; }
  void check_stop(lua_State* lua);  // Raises the error of stop().
  std::vector<std::string_view>& call_arguments() { return call_arguments_; }
  std::string& call_numbers() { return call_numbers_; }
  std::string& text() { return text_; }  // Scratch for error texts.
  uint32_t next_random();                // 31 bits.
  void seed_random(uint32_t seed);
  // Tables of the sandbox: whether the value at `index` is one, and the real one behind it.
  bool is_protected(lua_State* lua, int index) const;
  void push_real(lua_State* lua, int index) const;
  // Replaces the table at the top by one that is protected.
  void protect(lua_State* lua);

 private:
  struct Job {
    int function = 0;
    Args keys;
    Args arguments;
    Reply* const* reply = nullptr;
    Result* result = nullptr;
  };
  struct Chunk {
    std::string_view code;
    int function = 0;
  };
  struct Protected {
    const void* table;
    int real;  // In the registry.
  };

  static void* allocate(void* interpreter, void* block, size_t old_bytes, size_t bytes);
  static int set_up(lua_State* lua);
  static int run_protected(lua_State* lua);
  static int on_error(lua_State* lua);
  static void on_count(lua_State* lua, lua_Debug* debug);
  static void take_error(lua_State* lua, Result& result);

  ScriptHost& host_;
  size_t memory_bytes_ = 0;
  size_t memory_max_ = kMemoryMax;
  uint64_t random_state_;
  const char* stop_text_ = nullptr;
  lua_State* lua_ = nullptr;
  lua_State* loader_ = nullptr;  // Compiles while a script may be under way.
  int runner_ = 0;               // run_protected, in the registry.
  Job job_;
  static constexpr size_t kNotBegun = SIZE_MAX;
  size_t begin_ = kNotBegun;  // Of what was written to the reply.
  std::vector<Protected> protected_;
  std::vector<std::string_view> call_arguments_;
  std::string call_numbers_;
  std::string text_;
};

// server/scripting/sandbox.cc: fills the state with what scripts may use. Leaves the real globals
// on the stack.
void open_sandbox(lua_State* lua, Interpreter& interpreter);
// server/scripting/redis_library.cc: pushes the table "redis".
void push_redis_library(lua_State* lua);

}  // namespace rondo
