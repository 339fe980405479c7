// RequestParser: bytes of one connection to commands, for RESP arrays of bulk strings (the same in
// RESP2 and RESP3) and inline commands, with Redis's limits and error texts. Incremental and
// without copies: arguments are views into the caller's bytes, and a byte is looked at once however
// the input is split. No clock, no descriptor, no thread.
//
// The caller keeps the bytes of an unfinished command and passes them again, longer:
//
//   input:  [start of the unfinished command ... everything received so far)
//
// A bulk string of at least kBigArgumentMin bytes gets a block of its own: next() answers
// kBigArgument, the caller fills big_argument() straight from the socket or by copying, and the
// payload never appears in the input: input continues with the CR LF behind it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/args.h"
#include "reactor/base/shared_bytes.h"

namespace rondo {

struct ParserLimits {
  int64_t bulk_bytes_max = 512ll * 1024 * 1024;  // proto-max-bulk-len.
  int64_t arguments_max = 1024 * 1024;           // Multibulk length; 10 before authentication.
  int64_t bulk_bytes_max_unauthenticated = 16384;
  int64_t inline_bytes_max = 64 * 1024;
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

  // Looks for the next command at the start of `input`. After kCommand, and also when empty
  // commands were skipped before kNeedMore, consumed() bytes are done with: the next call's input
  // starts behind them.
  ParseStatus next(std::string_view input, const ParserLimits& limits);

  // Bytes at the start of the last input that are done with.
  size_t consumed() const;
  // REQUIRES: the last next() said kCommand. Valid while the input's bytes are, and until next().
  Args args() const;
  // Empty, or parallel to args(): the block of each big argument, none for the others. May be
  // moved from.
  std::span<SharedBytes> owners();

  // The part of the big argument not filled yet, and a word that n bytes of it are.
  std::span<char> big_argument();
  void big_argument_filled(size_t n);

  // "Protocol error: ..." as Redis words it, without "ERR ".
  std::string_view error_text() const;
  // Heap bytes held for the unfinished command.
  size_t footprint() const;
  // Forgets an unfinished command.
  void reset();
};

}  // namespace rondo
