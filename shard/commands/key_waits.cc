#include "shard/commands/key_waits.h"

#include <cmath>
#include <limits>

#include "protocol/errors.h"
#include "protocol/number.h"

namespace rondo {

Error read_wait_timeout(Call& call, size_t at, int64_t& timeout_ms) {
  constexpr const char* kOutOfRange = "ERR timeout is out of range";
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  timeout_ms = 0;
  // Counts from the first look, which has read it.
  if (call.key_wait() && call.key_wait()->waiting()) return {};
  const auto seconds = parse_long_double(call[at]);
  if (!seconds) return "ERR timeout is not a float or out of range";
  const long double ms = std::ceil(*seconds * 1000);
  if (ms >= static_cast<long double>(kMax)) return kOutOfRange;
  if (ms < 0) return "ERR timeout is negative";
  timeout_ms = static_cast<int64_t>(ms);
  return timeout_ms > kMax - call.now_ms() ? Error(kOutOfRange) : Error();
}

Error find_awaited(Call& call, Type type, size_t first, size_t count, size_t& found) {
  const bool waiting = call.key_wait() && call.key_wait()->waiting();
  found = kNoKey;
  for (size_t i = first; i < first + count && found == kNoKey; ++i) {
    Shard* shard = call.view().find_of_key(call[i]);
    if (!shard) {
      CHECK(waiting);
      continue;
    }
    const Key key = call.key(i);
    // Those in line for it come first, so for now the client only joins the lines.
    const bool looks = call.key_wait() && !waiting;
    if (looks && shard->waiters().holds_up(call.db(), key)) return {};
    const Place place = shard->db(call.db()).find_to_change(key);
    if (!place) continue;
    if (Entry(place.word()).type() == type) {
      found = i;
    } else if (!waiting) {
      return errors::kWrongType;
    }
  }
  return {};
}

void wait_or_null(Call& call, size_t first, size_t count, int64_t timeout_ms) {
  if (KeyWait* wait = call.key_wait()) {
    wait->wait_for(first, count, timeout_ms);
  } else {
    call.reply().null_array();
  }
}

}  // namespace rondo
