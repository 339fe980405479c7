#include "server/redaction.h"

#include "server/config_option.h"
#include "server/text.h"

namespace rondo {

namespace {

// HELLO version [AUTH user password] [SETNAME name]. What stands where nothing is understood any
// more may be a password as well.
bool is_secret_of_hello(Args args, size_t at) {
  constexpr size_t kOptionsMax = 16;
  for (size_t i = 2; i <= at && i < kOptionsMax;) {
    const bool is_auth = same_word(args[i], "auth");
    if (!is_auth && !same_word(args[i], "setname")) return true;
    const size_t next = i + (is_auth ? 3 : 2);
    if (at < next) return is_auth && at != i;
    i = next;
  }
  return at >= 2;
}

}  // namespace

bool is_secret(Args args, size_t at) {
  if (at == 0) return false;
  if (same_word(args[0], "auth")) return true;
  if (same_word(args[0], "hello")) return is_secret_of_hello(args, at);
  if (at < 3 || at % 2 == 0) return false;
  if (!same_word(args[0], "config") || !same_word(args[1], "set")) return false;
  const Option* option = find_option(args[at - 1]);
  return option != nullptr && option->secret;
}

}  // namespace rondo
