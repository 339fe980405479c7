// RequestParser: bytes of one connection to commands, for RESP arrays of bulk strings (the same in
// RESP2 and RESP3) and inline commands, with Redis's limits and error texts. Incremental and
// without copies: arguments are views into the caller's bytes, and a byte is looked at once however
// the input is split. No clock, no descriptor, no thread.
//
// The caller keeps the bytes of an unfinished command and passes them again, longer; they may have
// moved in between:
//
//   input:  [start of the unfinished command ... everything received so far)
//
// A bulk string of at least kBigArgumentMin bytes gets a block of its own: next() answers
// kBigArgument, the caller fills big_argument() straight from the socket or by copying, and the
// payload never appears in the input: input continues with the CR LF behind it. What the last input
// had from big_argument_offset() on is the start of that payload, and is taken out by the caller:
//
//   last input:  [consumed() .. command so far .. "$100000\r\n") [payload, as far as received)
//   next input:  [              command so far .. "$100000\r\n") ["\r\n" ...)
//
// The bytes of an argument are in the input or in its block in owners(), never in the parser, so a
// command may be kept while the next one is parsed by keeping both and copying the views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/args.h"
#include "reactor/base/shared_bytes.h"

namespace rondo {

struct ParserLimits {
  int64_t bulk_bytes_max = 512ll * 1024 * 1024;  // proto-max-bulk-len.
  int64_t arguments_max = 2147483647;            // Multibulk length.
  int64_t arguments_max_unauthenticated = 10;
  int64_t bulk_bytes_max_unauthenticated = 16384;
  int64_t inline_bytes_max = 64 * 1024;  // An inline command, or any line of a header.
  bool authenticated = true;
};

enum class ParseStatus : uint8_t {
  kNeedMore,     // The input ends inside a command (or is empty).
  kCommand,      // args() is a command; an empty one ("*0\r\n", an empty line) is skipped inside.
  kBigArgument,  // Fill big_argument() first.
  kError,        // error_text() says why; the connection must be closed after sending it.
};

class RequestParser {
 public:
  static constexpr size_t kBigArgumentMin = 32 * 1024;

  // Looks for the next command at the start of `input`. After every call, consumed() bytes are
  // done with: the next call's input starts behind them. While a command is unfinished they are
  // the empty commands in front of it.
  ParseStatus next(std::string_view input, const ParserLimits& limits);

  // True: the next input starts with the first byte of a command.
  bool between_commands() const { return stage_ == Stage::kStart; }
  // Bytes at the start of the last input that are done with.
  size_t consumed() const { return consumed_; }
  // REQUIRES: the last next() said kCommand. Valid while the input's bytes are, and until next().
  Args args() const { return args_; }
  // Empty, or parallel to args(): the block of each big argument (and of each inline argument with
  // escapes, whatever its length), exactly its bytes; none for the others. May be moved from.
  std::span<SharedBytes> owners() { return owners_; }

  // REQUIRES for these: the last next() said kBigArgument.
  // Where the payload starts in the last input.
  size_t big_argument_offset() const { return consumed_ + position_; }
  // The next part of the big argument not filled yet, and a word that n bytes of it are. It is
  // empty when the argument is complete. The block grows as it fills, so that a client must send
  // bytes to make the server hold memory: a part may end before the argument does.
  std::span<char> big_argument();
  void big_argument_filled(size_t n);

  // "Protocol error: ..." as Redis words it, without "ERR ".
  std::string_view error_text() const { return error_text_; }
  // Heap bytes held for the unfinished command.
  size_t footprint() const;
  // Forgets an unfinished command.
  void reset();

 private:
  // Where the next byte stands inside the command.
  enum class Stage : uint8_t {
    kStart,       // Before its first byte.
    kCount,       // "*n\r\n"
    kLength,      // "$n\r\n"
    kPayload,     // n bytes and "\r\n"
    kBigPayload,  // n bytes that go to big_, not through the input.
    kBigLineEnd,  // The "\r\n" behind those.
    kInline,
  };
  enum class Line : uint8_t { kFound, kNeedMore, kTooLong };

  // Some arguments, as many as there were then, are views into the command as it stood at `base`.
  struct Moved {
    size_t args;
    const char* base;
  };

  void begin();
  void move_to(const char* base);
  void settle_arguments();
  ParseStatus parse_array(std::string_view command, const ParserLimits& limits);
  ParseStatus parse_inline(std::string_view command, const ParserLimits& limits);
  Line find_line(std::string_view command, char end, const ParserLimits& limits,
                 std::string_view& line);
  ParseStatus read_count(std::string_view command, const ParserLimits& limits);
  ParseStatus read_length(std::string_view command, const ParserLimits& limits);
  ParseStatus accept_count(int64_t count, const ParserLimits& limits);
  ParseStatus accept_length(int64_t length, const ParserLimits& limits);
  ParseStatus fail(std::string_view text);
  void own_last_argument(SharedBytes block);

  Stage stage_ = Stage::kStart;
  size_t consumed_ = 0;
  size_t position_ = 0;         // The next byte to look at, from the start of the command.
  size_t scanned_ = 0;          // Bytes from there on that are known to hold no line end.
  int64_t arguments_left_ = 0;  // Not complete yet, the current one included.
  size_t bulk_bytes_ = 0;       // Length of the current one, from kPayload on.
  const char* base_ = nullptr;  // Where the command started in the last input.
  std::vector<Moved> moves_;    // Of a long command, until it is whole; those behind are at base_.
  std::vector<std::string_view> args_;
  std::vector<SharedBytes> owners_;
  SharedBytes big_;
  size_t big_filled_ = 0;
  size_t owned_bytes_ = 0;  // Of the blocks in owners_.
  std::string error_text_;
};

}  // namespace rondo
