#include "server/redaction.h"

#include "server/config_option.h"
#include "server/text.h"

namespace rondo {

size_t shown_arguments(Args args) {
  if (args.empty()) return 0;
  if (same_word(args[0], "auth")) return 1;
  if (same_word(args[0], "hello")) return args.size() < 2 ? args.size() : 2;
  if (args.size() > 3 && same_word(args[0], "config") && same_word(args[1], "set")) {
    for (size_t i = 2; i + 1 < args.size(); i += 2) {
      const Option* option = find_option(args[i]);
      if (option != nullptr && option->secret) return i + 1;
    }
  }
  return args.size();
}

}  // namespace rondo
