// Big arguments: the payload goes straight to its block, received there or moved out of the input.
#include <algorithm>
#include <cstring>

#include "server/session.h"

namespace rondo {

std::span<char> Session::direct_target() {
  return big_argument_ && !closing_ && !aborted_ ? parser_.big_argument() : std::span<char>();
}

void Session::direct_filled(size_t bytes) {
  input_bytes += bytes;
  parser_.big_argument_filled(bytes);
  big_argument_ = !parser_.big_argument().empty();
}

// The parser met a big argument: `input` begins with its command. What precedes the payload stays
// as input, what is here of the payload goes to its block.
void Session::take_payload(std::string_view input) {
  parser_wants_payload_ = false;
  const size_t begin = parser_.consumed();
  const size_t payload = parser_.big_argument_offset();
  std::string_view rest = fill_payload(input.substr(payload));
  InputBuffer kept;
  kept.append(input.substr(begin, payload - begin));
  kept.append(rest);
  input_ = std::move(kept);
  input_at_ = 0;
}

// Moves bytes into the big argument's block; returns what is left of them.
std::string_view Session::fill_payload(std::string_view bytes) {
  std::span<char> room = parser_.big_argument();
  while (!room.empty() && !bytes.empty()) {
    const size_t filled = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), filled);
    parser_.big_argument_filled(filled);
    bytes.remove_prefix(filled);
    room = parser_.big_argument();
  }
  big_argument_ = !room.empty();
  return bytes;
}

}  // namespace rondo
